/** The elements of one array of a JSON document, one at a time: for documents that are too large to hold. */
import type { Pieces } from "./lines.ts";
import { rawError, type Source } from "./text.ts";

const [quote, backslash, comma, space] = [0x22, 0x5c, 0x2c, 0x20] as const;
const [openBrace, closeBrace, openBracket, closeBracket] = [0x7b, 0x7d, 0x5b, 0x5d] as const;

/** Takes one element: its bytes, which are good until it returns, and its number, from 0. */
export type TakeElement = (bytes: Buffer, index: number) => void;

/** Looks at an element that begins at `start`, and gives where it ends; -1 for one that it cannot take whole. */
export type SkimElement = (bytes: Buffer, start: number, index: number) => number;

interface State {
  readonly source: Source;
  readonly key: string;
  readonly isKey: RegExp;
  readonly take: TakeElement;
  readonly skim: SkimElement;
  /** The document with the array empty. */
  readonly frame: Buffer[];
  /** What is there of an element that goes on in the next piece. */
  element: Buffer[];
  /** 1 in the document, 2 in one of its lists or objects, 3 in an element of the array. */
  depth: number;
  index: number;
  inText: boolean;
  escaped: boolean;
  inArray: boolean;
}

/**
 * Calls `take` with the bytes of each object or list in the array at the document's key `key`, and gives the text of the
 * document with that array empty. Only the structure is followed: what is in the texts is for their schemas to judge.
 * What `skim` takes whole is not followed and not given to `take`: for a form that is known and quicker to read.
 * Throws AnalysisError with the byte where a document ends too early, and with the place of an element of another kind.
 */
export async function eachElement(
  pieces: Pieces,
  source: Source,
  key: string,
  take: TakeElement,
  skim: SkimElement = () => -1,
): Promise<string> {
  const isKey = new RegExp(`"${key}"\\s*:\\s*$`);
  const start = { depth: 0, index: 0, inText: false, escaped: false, inArray: false };
  const state: State = { source, key, isKey, take, skim, frame: [], element: [], ...start };
  let length = 0;
  for await (const piece of pieces) {
    follow(piece, state);
    length += piece.length;
  }
  if (length === 0) throw rawError("is empty", source);
  if (state.depth !== 0 || state.inText) throw rawError("is not whole JSON", source, `byte ${length}`);
  return Buffer.concat(state.frame).toString("utf8");
}

/** One piece. A function of its own, since it is looked at byte by byte. */
function follow(piece: Buffer, state: State): void {
  let { depth, inText, escaped, inArray } = state;
  // Where what is not yet kept of this piece begins.
  let from = 0;
  for (let at = 0; at < piece.length; at++) {
    const byte = piece[at] ?? 0;
    if (inText) {
      if (escaped) escaped = false;
      else if (byte === backslash) escaped = true;
      else if (byte === quote) inText = false;
    } else if (byte === openBrace || byte === openBracket) {
      if (inArray && depth === 2) {
        const end = state.skim(piece, at, state.index);
        if (end !== -1) {
          state.index++;
          at = end - 1;
          continue;
        }
      }
      depth++;
      if (inArray && depth === 3) from = at;
      if (!inArray && depth === 2 && byte === openBracket) {
        const before = Buffer.concat([...state.frame, piece.subarray(from, at)]).toString("latin1");
        inArray = state.isKey.test(before.slice(-200));
        if (inArray) state.frame.push(piece.subarray(from, at + 1));
      }
    } else if (byte === closeBrace || byte === closeBracket) {
      depth--;
      if (inArray && depth === 2) {
        const end = piece.subarray(from, at + 1);
        state.take(state.element.length === 0 ? end : Buffer.concat([...state.element, end]), state.index);
        state.element = [];
        state.index++;
      } else if (inArray && depth < 2) {
        inArray = false;
        from = at;
      }
    } else if (inArray && depth === 2 && byte > space && byte !== comma) {
      throw rawError("is no object", state.source, `${state.key}[${state.index}]`);
    } else if (byte === quote) {
      inText = true;
    }
  }
  if (!inArray) state.frame.push(piece.subarray(from));
  else if (depth > 2) state.element.push(piece.subarray(from));
  Object.assign(state, { depth, inText, escaped, inArray });
}
