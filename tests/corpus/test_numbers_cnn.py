"""Numbers that the answers on convolutional networks state, worked out again:
q34 q35 q38 q58 q65 q03 q04 q02 q23 q24 q09."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

Image = NDArray[np.float64]
States = Callable[..., None]


def out_size(size: int, kernel: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> int:
    return (size + 2 * padding - dilation * (kernel - 1) - 1) // stride + 1


def conv_parameters(inputs: int, outputs: int, kernel: int) -> int:
    return outputs * (kernel * kernel * inputs + 1)


def receptive_fields(layers: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """(field, jump) after each layer of the given (kernel, stride)."""
    field = jump = 1
    fields = []
    for kernel, stride in layers:
        field, jump = field + (kernel - 1) * jump, jump * stride
        fields.append((field, jump))
    return fields


VGG_WIDTHS = (64, 128, 256, 512, 512)


def vgg_layers(blocks: Sequence[int]) -> list[tuple[int, int]]:
    return [layer for depth in blocks for layer in [(3, 1)] * depth + [(2, 2)]]


def vgg_convolutions(blocks: Sequence[int]) -> tuple[int, int]:
    """Parameters and multiply-adds of the convolutional layers, for a 224 x 224 image of three channels."""
    channels, size, parameters, products = 3, 224, 0, 0
    for depth, width in zip(blocks, VGG_WIDTHS, strict=True):
        for _ in range(depth):
            parameters += conv_parameters(channels, width, 3)
            products += size * size * 9 * channels * width
            channels = width
        size //= 2
    return parameters, products


VGG_DENSE = [(512 * 7 * 7, 4096), (4096, 4096), (4096, 1000)]
VGG_DENSE_PARAMETERS = sum(inputs * outputs + outputs for inputs, outputs in VGG_DENSE)
VGG_DENSE_PRODUCTS = sum(inputs * outputs for inputs, outputs in VGG_DENSE)


# q34


def test_local_connections_cut_a_million_million_weights_to_a_hundred_million(states: States) -> None:
    pixels = 1000 * 1000
    assert (pixels * pixels, pixels * 10 * 10) == (10**12, 10**8)
    states("q34", "10^{12}", "10^8")


def test_receptive_fields_grow_as_the_recursion_says(states: States) -> None:
    small = receptive_fields([(3, 1), (3, 1), (2, 2), (3, 1), (3, 1), (2, 2)])
    assert small == [(3, 1), (5, 1), (6, 2), (10, 2), (14, 2), (16, 4)]
    field, _ = receptive_fields(vgg_layers((2, 2, 3, 3, 3)))[-1]
    states("q34", f"{field}×{field}")


# q35

DRAWN_X = """
.........
.#.....#.
..#...#..
...#.#...
....#....
...#.#...
..#...#..
.#.....#.
.........
"""
DRAWN_O = """
.........
...###...
..#...#..
.#.....#.
.#.....#.
.#.....#.
..#...#..
...###...
.........
"""
IMAGE_X, IMAGE_O = (
    np.array([[1.0 if dot == "#" else -1.0 for dot in row] for row in drawn.split()]) for drawn in (DRAWN_X, DRAWN_O)
)
FALLING = 2 * np.eye(3) - 1
RISING = FALLING[:, ::-1]
CROSSING = np.maximum(FALLING, RISING)


def shifted_right(image: Image) -> Image:
    shifted = -np.ones_like(image)
    shifted[:, 1:] = image[:, :-1]
    return shifted


def match(image: Image, feature: Image) -> Image:
    return (sliding_window_view(image, (3, 3)) * feature).mean((2, 3))


def pool(values: Image) -> Image:
    """Maxima of 2 x 2 windows; an odd last row and column are filled up with zeros."""
    size = len(values) + len(values) % 2
    padded = np.zeros((size, size))
    padded[: len(values), : len(values)] = values
    return padded.reshape(size // 2, 2, size // 2, 2).max((1, 3))


def features(image: Image) -> Image:
    maps = [pool(pool(np.maximum(match(image, feature), 0))) for feature in (FALLING, CROSSING, RISING)]
    return np.concatenate([values.ravel() for values in maps])


def probability(score: float, other: float) -> float:
    return float(1 / (1 + np.exp(other - score)))


def test_a_shifted_x_shares_fewer_pixels_with_x_than_o_does(states: States) -> None:
    same_as_shifted, same_as_o = (shifted_right(IMAGE_X) == IMAGE_X).sum(), (IMAGE_O == IMAGE_X).sum()
    assert same_as_shifted < same_as_o
    states("q35", f"只有 {same_as_shifted} 个相同", f"有 {same_as_o} 个相同")


def test_the_map_of_a_falling_stroke_is_as_printed(states: States) -> None:
    values = match(IMAGE_X, FALLING)
    states("q35", *(" ".join(f"{value:5.2f}" for value in row).strip() for row in values))
    states("q35", f"(7-2)/9\\approx{values[3, 3]:.2f}")
    assert (np.diag(values) == 1).sum() == 4
    pooled = pool(np.maximum(values, 0))
    states("q35", *("  ".join(f"{value:.2f}" for value in row) for row in pooled))
    assert np.allclose(pooled, np.maximum(pool(values), 0))


def test_twelve_numbers_tell_x_from_o() -> None:
    a = 0.56
    assert features(IMAGE_X).round(2).tolist() == [1, a, a, 1, 1, a, a, a, a, 1, 1, a]
    assert features(IMAGE_O).round(2).tolist() == [a, 1, 1, a, a, a, a, a, 1, a, a, 1]


def test_votes_become_probabilities_and_one_step_makes_them_surer(states: States) -> None:
    for_x, for_o = (features(image) == 1 for image in (IMAGE_X, IMAGE_O))
    assert (for_x.sum(), for_o.sum()) == (5, 4)
    votes_x, votes_o = for_x / 5, for_o / 4
    for image in (IMAGE_X, IMAGE_O, shifted_right(IMAGE_X)):
        x, o = votes_x @ features(image), votes_o @ features(image)
        states("q35", f"{x:.2f} | {o:.2f} | {probability(x, o):.2f}")
    seen = features(IMAGE_X)
    before = probability(votes_x @ seen, votes_o @ seen)
    step = 0.1 * (1 - before) * seen
    after = probability((votes_x + step) @ seen, (votes_o - step) @ seen)
    states("q35", f"{before:.2f} 升到 {after:.2f}", f"{-np.log(before):.2f}", f"{-np.log(after):.2f}")


def test_lenet_shrinks_its_maps_as_stated(states: States) -> None:
    assert [out_size(32, 5), out_size(28, 2, 2), out_size(14, 5), out_size(10, 2, 2)] == [28, 14, 10, 5]
    assert [out_size(28, 5), out_size(24, 2, 2), out_size(12, 5), out_size(8, 2, 2)] == [24, 12, 8, 4]
    states("q35", f"{16 * 5 * 5} → 120 → 84")


# q38


def test_vgg_keeps_its_parameters_in_dense_layers_and_its_work_in_convolutions(states: States) -> None:
    parameters, products = vgg_convolutions((2, 2, 3, 3, 3))
    states("q38", conv_parameters(3, 64, 3), f"{parameters / 1e4:.0f} 万", f"{VGG_DENSE_PARAMETERS / 1e8:.3f} 亿")
    states("q38", f"{products / 1e8:.1f} 亿", f"{VGG_DENSE_PRODUCTS / 1e8:.2f} 亿")
    states("q38", f"{100 * parameters / (parameters + VGG_DENSE_PARAMETERS):.1f}%")
    states("q38", f"{100 * products / (products + VGG_DENSE_PRODUCTS):.1f}%")


# q58


def test_sharing_saves_weights_by_the_ratios_stated(states: States) -> None:
    inputs, outputs = 224 * 224 * 3, 224 * 224 * 64
    dense, local, shared = inputs * outputs, 27 * outputs, 27 * 64
    states("q58", f"{inputs}\\times{outputs}\\approx{dense / 1e11:.1f}\\times10^{{11}}")
    states("q58", f"{local / 1e7:.1f}\\times10^{{7}}", shared, f"{dense * 4 / 1e12:.1f} TB")
    assert round(dense / local, -2) == 5600  # 五千六百分之一
    assert local // shared == 50_176  # 五万分之一


# q65


def test_a_layer_of_ten_kernels_costs_as_stated(states: States) -> None:
    assert out_size(32, 5, 1, 2) == 32
    states("q65", conv_parameters(3, 10, 5), 10 * 32 * 32 * 75)


def test_lenet_costs_as_stated_layer_by_layer(states: States) -> None:
    parameters = [conv_parameters(*layer) for layer in ((1, 6, 5), (6, 16, 5), (16, 120, 5))]
    parameters += [120 * 84 + 84, 84 * 10 + 10]
    products = [6 * 28**2 * 25, 16 * 10**2 * 150, 120 * 400, 120 * 84, 84 * 10]
    for pair in zip(parameters, products, strict=True):
        states("q65", f"{pair[0]} | {pair[1]}")
    states("q65", f"{sum(parameters)} | {sum(products)}")
    fields = [field for field, _ in receptive_fields([(5, 1), (2, 2), (5, 1), (2, 2), (5, 1)])]
    assert fields == [5, 6, 14, 16, 32]


def test_the_original_lenet_has_sixty_thousand_parameters(states: States) -> None:
    third = 6 * (3 * 25 + 1) + 9 * (4 * 25 + 1) + (6 * 25 + 1)
    assert 156 + 12 + third + 32 + 48_120 + 10_164 == 60_000
    states("q65", third)


@pytest.mark.parametrize("channels", [64, 128])
def test_separable_convolution_costs_an_eighth_whatever_comes_in(states: States, channels: int) -> None:
    ratio = (9 * channels + channels * 256) / (9 * channels * 256)
    assert np.isclose(ratio, 1 / 256 + 1 / 9)
    states("q65", f"1/256+1/9\\approx{ratio:.3f}", f"1/{1 / ratio:.1f}")


def test_a_transposed_convolution_takes_back_the_size_of_a_convolution() -> None:
    size, kernel, stride, padding = 7, 4, 2, 1
    assert out_size((size - 1) * stride - 2 * padding + kernel, kernel, stride, padding) == size
    assert out_size(32, 3, 1, 2, dilation=2) == 32


# q03


def test_the_sliding_kernel_gives_the_values_drawn() -> None:
    image = np.array([[1, 1, 1, 0, 0], [0, 1, 1, 1, 0], [0, 0, 1, 1, 1], [0, 0, 1, 1, 0], [0, 1, 1, 0, 0]])
    kernel = np.array([[1, 0, 1], [0, 1, 0], [1, 0, 1]])
    sums = (sliding_window_view(image, (3, 3)) * kernel).sum((2, 3))
    assert sums.tolist() == [[4, 3, 4], [2, 4, 3], [2, 3, 4]]
    assert image[:3, :3][kernel == 1].tolist() == [1, 1, 1, 0, 1]
    assert image[:3, 1:4][kernel == 1].tolist() == [1, 0, 1, 0, 1]


def test_two_dice_show_seven_in_six_ways_of_thirty_six(states: States) -> None:
    ways = np.convolve(np.ones(6), np.ones(6))
    states("q03", f"{ways[7 - 2]:.0f}/36")


def test_stride_and_padding_give_the_sizes_stated(states: States) -> None:
    states("q03", f"\\lfloor 6/2\\rfloor+1={out_size(7, 3, 2, 1)}")
    assert out_size(9, 5, 1, 2) == 9


# q04


def test_pooling_gives_the_values_stated(states: States) -> None:
    windows = np.array([[1, 1, 2, 4], [5, 6, 7, 8], [3, 2, 1, 0], [1, 2, 3, 4.0]]).reshape(2, 2, 2, 2)
    assert windows.max((1, 3)).tolist() == [[6, 8], [3, 4]]
    means = windows.mean((1, 3))
    states("q04", f"{means[0, 0]}&{means[0, 1]}\\\\{means[1, 0]:.0f}&{means[1, 1]:.0f}")
    assert out_size(28, 2, 2) == 14


def test_global_pooling_saves_a_hundred_million_weights(states: States) -> None:
    states("q04", f"{7 * 7 * 512 * 4096 / 1e8:.2f} 亿")


# q02


def test_a_bottleneck_costs_an_eighth_of_the_direct_way(states: States) -> None:
    assert out_size(5, 3, 2, 1) == 3
    direct, parts = 9 * 256 * 256, [256 * 64, 9 * 64 * 64, 64 * 256]
    states("q02", conv_parameters(3, 10, 5), direct, *parts, sum(parts), f"{100 * sum(parts) / direct:.0f}%")


def test_halving_the_map_and_doubling_the_channels_keeps_the_work() -> None:
    channels, size = 64, 56
    assert 9 * channels**2 * size**2 == 9 * (2 * channels) ** 2 * (size // 2) ** 2


# q23

ALEXNET = (
    96 * (11 * 11 * 3 + 1)
    + 256 * (25 * 48 + 1)
    + 384 * (9 * 256 + 1)
    + (384 + 256) * (9 * 192 + 1)
    + (9216 * 4096 + 4096)
    + (4096 * 4096 + 4096)
    + (4096 * 1000 + 1000)
)


def test_alexnet_and_vgg_have_the_parameters_stated(states: States) -> None:
    states("q23", f"{ALEXNET / 1e4:.0f} 万")
    parameters, products = vgg_convolutions((2, 2, 3, 3, 3))
    deeper, _ = vgg_convolutions((2, 2, 4, 4, 4))
    sizes = [(convolutional + VGG_DENSE_PARAMETERS) / 1e8 for convolutional in (parameters, deeper)]
    states("q23", f"{sizes[0]:.2f} 亿 / {sizes[1]:.2f} 亿", f"{VGG_DENSE_PARAMETERS / 1e8:.2f} 亿")
    states("q23", f"乘加约 {(products + VGG_DENSE_PRODUCTS) / 1e8:.0f} 亿")


def test_three_small_kernels_see_as_far_as_a_large_one(states: States) -> None:
    assert receptive_fields([(3, 1)] * 3)[-1] == receptive_fields([(7, 1)])[-1]
    states("q23", f"{3 * 9}C^2", f"{7 * 7}C^2")


def test_googlenet_has_seven_million_parameters(states: States) -> None:
    modules = [
        (192, 64, 96, 128, 16, 32, 32),
        (256, 128, 128, 192, 32, 96, 64),
        (480, 192, 96, 208, 16, 48, 64),
        (512, 160, 112, 224, 24, 64, 64),
        (512, 128, 128, 256, 24, 64, 64),
        (512, 112, 144, 288, 32, 64, 64),
        (528, 256, 160, 320, 32, 128, 128),
        (832, 256, 160, 320, 32, 128, 128),
        (832, 384, 192, 384, 48, 128, 128),
    ]
    total = conv_parameters(3, 64, 7) + conv_parameters(64, 64, 1) + conv_parameters(64, 192, 3) + 1024 * 1000 + 1000
    for inputs, one, reduce_three, three, reduce_five, five, pooled in modules:
        total += conv_parameters(inputs, one, 1) + conv_parameters(inputs, pooled, 1)
        total += conv_parameters(inputs, reduce_three, 1) + conv_parameters(reduce_three, three, 3)
        total += conv_parameters(inputs, reduce_five, 1) + conv_parameters(reduce_five, five, 5)
    states("q23", f"{round(total / 1e4, -1):.0f} 万")
    assert round(ALEXNET / total) == 9


def test_a_one_by_one_reduction_saves_nine_tenths(states: States) -> None:
    states("q23", 192 * 32 * 25, f"{192 * 16}+{16 * 32 * 25}={192 * 16 + 16 * 32 * 25}")


def resnet(blocks: Sequence[int]) -> tuple[int, int]:
    """Parameters (two for each batch-normalised channel) and multiply-adds of a network of bottlenecks."""
    parameters, products, channels, size = 64 * 147 + 128, 112 * 112 * 64 * 147, 64, 56
    for stage, (depth, width) in enumerate(zip(blocks, (64, 128, 256, 512), strict=True)):
        for block in range(depth):
            size //= 2 if stage and block == 0 else 1
            shortcut = 4 * channels * width if block == 0 else 0
            weights = channels * width + 9 * width * width + 4 * width * width + shortcut
            parameters += weights + 2 * 6 * width + (8 * width if block == 0 else 0)
            products += size * size * weights
            channels = 4 * width
    return parameters + 2048 * 1000 + 1000, products + 2048 * 1000


def test_resnets_have_the_parameters_and_work_stated(states: States) -> None:
    states("q23", f"ResNet-50 只有 {resnet((3, 4, 6, 3))[0] / 1e4:.0f} 万")
    parameters, products = resnet((3, 8, 36, 3))
    states("q23", f"{parameters / 1e4:.0f} 万", f"{products / 1e8:.0f} 亿")


# q24


def test_deepface_is_made_of_its_local_layers(states: States) -> None:
    sizes = [out_size(152, 11)]
    sizes.append(-(-(sizes[0] - 3) // 2) + 1)  # 3 x 3, stride 2, rounded up
    for kernel, stride in ((9, 1), (9, 1), (7, 2), (5, 1)):
        sizes.append(out_size(sizes[-1], kernel, stride))
    assert sizes == [142, 71, 63, 55, 25, 21]
    local = [n * n * conv_parameters(16, 16, kernel) for n, kernel in ((55, 9), (25, 7), (21, 5))]
    convolutional = [conv_parameters(3, 32, 11), conv_parameters(32, 16, 9)]
    dense = [21 * 21 * 16 * 4096 + 4096, 4096 * 4030 + 4030]
    states("q24", *(f"{count / 1e4:.1f} 万" for count in convolutional))
    states("q24", *(f"{count / 1e4:.0f} 万" for count in local + dense))
    total = sum(convolutional + local + dense)
    states("q24", f"{total / 1e8:.2f} 亿")
    assert 0.6 < sum(local) / total < 0.63
    assert sum(convolutional) / total < 1e-3


def test_a_local_layer_costs_a_convolution_times_its_places(states: States) -> None:
    shared = conv_parameters(16, 16, 9)
    states("q24", f"{shared / 1e4:.1f} 万", f"55\\times55={55 * 55 * shared // shared}")


def test_deepface_sees_seventy_three_pixels_in_its_sixth_layer(states: States) -> None:
    field, _ = receptive_fields([(11, 1), (3, 2), (9, 1), (9, 1), (7, 2), (5, 1)])[-1]
    states("q24", f"递推为 {field}")


def test_deepid_ends_in_a_map_of_two_by_one() -> None:
    height, width = out_size(39, 4), out_size(31, 4)
    for _ in range(2):
        height, width = out_size(height // 2, 3), out_size(width // 2, 3)
    assert (out_size(height // 2, 2), out_size(width // 2, 2)) == (2, 1)


# q09


def test_a_sentence_network_has_the_parameters_stated(states: States) -> None:
    states("q09", 100 * (3 + 4 + 5) * 300 + 300)


def test_ten_dilated_layers_hear_a_thousand_samples(states: States) -> None:
    states("q09", f"{1 + sum(2**layer for layer in range(10))} 个采样点")


def test_alphago_sees_the_whole_board_from_its_middle(states: States) -> None:
    field, _ = receptive_fields([(5, 1)] + [(3, 1)] * 11)[-1]
    assert field // 2 >= 19 // 2
    states("q09", f"5+11\\times2={field}")


def test_alphago_has_four_million_parameters_where_a_dense_layer_had_a_milliard(states: States) -> None:
    parameters = conv_parameters(48, 192, 5) + 11 * conv_parameters(192, 192, 3) + 192 + 361
    states("q09", f"{parameters / 1e4:.0f} 万", f"{361 * 48 * 361 * 192 / 1e8:.0f} 亿")
