import { noDisplay, requestOf, type XDisplay } from './display.ts';

/*
 * Whether the window in front fills the screen, as the window manager says it (Extended Window Manager Hints:
 * `_NET_ACTIVE_WINDOW` of the root window, `_NET_WM_STATE` of that window).
 */

const INTERN_ATOM = 16;
const GET_PROPERTY = 20;
const ONLY_IF_EXISTS = 1;
const MAX_WORDS = 64;
const REPLY_BYTES = 32;

/** The class of the full-screen window in front; undefined where the window in front does not fill the screen. */
export async function fullScreenWindow(display: XDisplay): Promise<string | undefined> {
  const active = await atomOf(display, '_NET_ACTIVE_WINDOW');
  if (active === 0) throw noDisplay('no window manager says which window is in front');
  const [window = 0] = words(await propertyOf(display, display.root, active));
  if (window === 0) return undefined;
  const [state, fullScreen] = [
    await atomOf(display, '_NET_WM_STATE'),
    await atomOf(display, '_NET_WM_STATE_FULLSCREEN'),
  ];
  if (state === 0 || fullScreen === 0) return undefined;
  const states = words(await propertyOf(display, window, state));
  return states.includes(fullScreen) ? await classOf(display, window) : undefined;
}

/** 0 where nobody has used the name yet. */
async function atomOf(display: XDisplay, name: string): Promise<number> {
  const body = Buffer.alloc(4 + name.length);
  body.writeUInt16LE(name.length, 0);
  body.write(name, 4, 'latin1');
  const reply = await display.ask(requestOf(INTERN_ATOM, ONLY_IF_EXISTS, body));
  return reply.readUInt32LE(8);
}

/** The value of a property of any type, without what is beyond a few words of it. */
async function propertyOf(display: XDisplay, window: number, atom: number): Promise<Buffer> {
  const body = Buffer.alloc(20);
  body.writeUInt32LE(window, 0);
  body.writeUInt32LE(atom, 4);
  body.writeUInt32LE(MAX_WORDS, 16);
  const reply = await display.ask(requestOf(GET_PROPERTY, 0, body));
  const bytes = reply.readUInt32LE(16) * (reply.readUInt8(1) / 8);
  return reply.subarray(REPLY_BYTES, REPLY_BYTES + bytes);
}

const words = (value: Buffer): readonly number[] =>
  Array.from({ length: Math.floor(value.length / 4) }, (_, index) => value.readUInt32LE(index * 4));

/** Two texts that end with a zero: an instance, and the class that people know the program by. */
async function classOf(display: XDisplay, window: number): Promise<string> {
  const value = await propertyOf(display, window, await atomOf(display, 'WM_CLASS'));
  return value.toString('latin1').split('\0')[1] ?? '';
}
