/** Lines of files that may be too large to hold, as bytes: no text is made of a line that is not looked at. */
import { rawError, type Source } from "./text.ts";

/** A file in pieces of any length, as a read stream gives it. */
export type Pieces = AsyncIterable<Buffer> | Iterable<Buffer>;

/** Takes one line: `bytes` from `start` to before `end`, without its end; the first line has number 1. */
export type TakeLine = (bytes: Buffer, start: number, end: number, line: number) => void;

const newline = 0x0a;
const carriageReturn = 0x0d;
/** No tool writes a longer line; a foreign file without line ends must not be held whole. */
const longestLine = 64 * 2 ** 20;

/**
 * Calls `take` for every line, blank ones too. Throws AnalysisError with the line when one is longer than 64 MiB, and with
 * line and byte when the last line has no end: whoever wrote it was cut off.
 */
export async function eachLine(pieces: Pieces, { file }: Source, take: TakeLine): Promise<void> {
  let line = 0;
  let bytesBefore = 0;
  let open: Buffer[] = [];
  let openLength = 0;
  for await (const piece of pieces) {
    let start = 0;
    for (let end = piece.indexOf(newline); end !== -1; end = piece.indexOf(newline, start)) {
      line++;
      if (openLength === 0) {
        take(piece, start, withoutReturn(piece, start, end), line);
      } else {
        const whole = Buffer.concat([...open, piece.subarray(start, end)]);
        take(whole, 0, withoutReturn(whole, 0, whole.length), line);
        [open, openLength] = [[], 0];
      }
      start = end + 1;
    }
    if (start < piece.length) {
      open.push(piece.subarray(start));
      openLength += piece.length - start;
    }
    if (openLength > longestLine) throw rawError("is longer than 64 MiB", { file, line: line + 1 });
    bytesBefore += piece.length;
  }
  if (openLength > 0)
    throw rawError("has no end: the file is cut off", { file, line: line + 1 }, `byte ${bytesBefore}`);
}

function withoutReturn(bytes: Buffer, start: number, end: number): number {
  return end > start && bytes[end - 1] === carriageReturn ? end - 1 : end;
}
