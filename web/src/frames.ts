/** Reads the frames of a server-sent event stream from a response to a POST, which `EventSource` cannot make. */

export interface Frame {
  event: string;
  data: string;
}

/** The frames as they come. `touched` is called for every piece received, comments that keep the line alive included. */
export async function* frames(response: Response, touched: () => void): AsyncGenerator<Frame> {
  const reader = (response.body ?? new ReadableStream<Uint8Array>()).getReader();
  const decoder = new TextDecoder();
  let rest = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      touched();
      rest += decoder.decode(value, { stream: true });
      const pieces = rest.split(/\r\n\r\n|\n\n|\r\r/);
      rest = pieces.pop() ?? "";
      for (const piece of pieces) {
        const frame = parse(piece);
        if (frame) yield frame;
      }
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

function parse(piece: string): Frame | null {
  let event = "message";
  const data: string[] = [];
  for (const line of piece.split(/\r\n|\n|\r/)) {
    const [, field, value] = /^(\w*):? ?(.*)$/.exec(line) ?? [];
    if (field === "event") event = value ?? "";
    else if (field === "data") data.push(value ?? "");
  }
  return data.length ? { event, data: data.join("\n") } : null;
}
