from index.pinyin import fit_sounds, syllables_of

QUESTIONS = ["卷积层的卷积", "倦极了", "长短期记忆"]


def test_syllables_are_read_in_context() -> None:
    assert syllables_of(["长短期、长大"]) == {"长短期": ["chang", "duan", "qi"], "长大": ["zhang", "da"]}


def test_a_sound_leads_to_the_run_most_often_written_for_it() -> None:
    sounds = fit_sounds(QUESTIONS, [], syllables_of(QUESTIONS))
    assert sounds.run("juanji") == "卷积"
    assert sounds.count("卷积") == 2
    assert "juanjiceng" not in sounds.runs  # written once, which is too little for a longer run


def test_every_common_character_has_a_reading_and_every_syllable_a_character() -> None:
    sounds = fit_sounds(QUESTIONS, [], syllables_of(QUESTIONS))
    assert len(sounds.readings) >= 6763
    assert set(sounds.readings.values()) <= set(sounds.runs)
    assert (sounds.readings["略"], sounds.readings["女"]) == ("lue", "nv")


def test_other_texts_only_vouch_for_pairs() -> None:
    sounds = fit_sounds(["卷积"], ["随机梯度", "随机"], syllables_of(["卷积"]))
    assert sounds.count("随机") == 2
    assert sounds.counts.get("梯度") is None  # once may be a slip
    assert "suiji" not in sounds.runs


def test_without_chinese_there_are_no_sounds() -> None:
    sounds = fit_sounds(["how to return"], [], {})
    assert (len(sounds.readings), len(sounds.runs), len(sounds.counts.values), sounds.total) == (0, 0, 0, 0)
