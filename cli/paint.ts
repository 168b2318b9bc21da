/** Colours on a terminal that wants them (https://no-color.org), plain text elsewhere. */
export interface Paint {
  readonly red: (text: string) => string;
  readonly green: (text: string) => string;
  readonly yellow: (text: string) => string;
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
}

interface Stream {
  readonly isTTY?: boolean;
}

export function wantsColours(stream: Stream, environment: NodeJS.ProcessEnv = process.env): boolean {
  return stream.isTTY === true && (environment["NO_COLOR"] ?? "") === "" && environment["TERM"] !== "dumb";
}

export function paint(stream: Stream, environment: NodeJS.ProcessEnv = process.env): Paint {
  const colours = wantsColours(stream, environment);
  const style = (open: number, close: number) => (text: string) =>
    colours ? `\u001b[${open}m${text}\u001b[${close}m` : text;
  return { red: style(31, 39), green: style(32, 39), yellow: style(33, 39), bold: style(1, 22), dim: style(2, 22) };
}
