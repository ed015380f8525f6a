/** What a look at a result showed. */
export type Look =
  | { readonly is: 'good' }
  /** Not what the task asked for; `seen` says it in words that go to the studio and the log. */
  | { readonly is: 'bad'; readonly seen: string }
  /** Nobody here can tell: it counts as good, and the log has the reason. */
  | { readonly is: 'unseen'; readonly because: string };

export const GOOD: Look = { is: 'good' };
export const bad = (seen: string): Look => ({ is: 'bad', seen });
export const unseen = (because: string): Look => ({ is: 'unseen', because });

/** A look as another process sent it; undefined when it is none. */
export function readLook(value: unknown): Look | undefined {
  if (typeof value !== 'object' || value === null || !('is' in value)) return undefined;
  if (value.is === 'good') return GOOD;
  if (value.is === 'bad' && 'seen' in value) return bad(String(value.seen));
  return value.is === 'unseen' && 'because' in value ? unseen(String(value.because)) : undefined;
}

/** A picture's width and height in pixels; 0 stands for "whatever the model makes". */
export interface AskedSize {
  readonly width: number;
  readonly height: number;
}

/** Image models draw in steps: a side they cannot do comes out as a neighbouring one they can. */
const SIDE_STEP_PX = 64;

/** Whether a picture of this size answers what was asked. A side that is a whole number of steps must be met exactly. */
export function meetsSize(made: AskedSize, asked: AskedSize): boolean {
  return meetsSide(made.width, asked.width) && meetsSide(made.height, asked.height);
}

function meetsSide(made: number, asked: number): boolean {
  if (asked === 0 || made === asked) return true;
  return asked % SIDE_STEP_PX !== 0 && made % 8 === 0 && Math.abs(made - asked) < SIDE_STEP_PX;
}

/** The four characters at this place of a binary file. */
export const tagAt = (bytes: Uint8Array, at: number): string => String.fromCharCode(...bytes.subarray(at, at + 4));

export const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
