import type { DialogueOptions } from '../net/unix-dialogue.ts';
import { type DisplayEnvironment, isWayland, openDisplay, requestOf, type XDisplay } from '../x11/display.ts';
import { type IdleSource, noIdleTime } from './source.ts';

/*
 * The few messages of the X protocol that lead to the idle time: the number of the MIT-SCREEN-SAVER extension, and its
 * `QueryInfo` of the root window (X Window System Protocol, appendix B; X11 Screen Saver Extension).
 */

const QUERY_EXTENSION = 98;
const QUERY_INFO = 1;
const EXTENSION = 'MIT-SCREEN-SAVER';

/** What the X server of this display knows of keyboard and pointer. Not for Wayland: there X sees only its own windows. */
export function x11Source(environment: DisplayEnvironment, options: DialogueOptions): IdleSource {
  return {
    name: 'X11',
    async idleMs() {
      if (isWayland(environment.get)) throw noIdleTime('this is a Wayland session, whose input X11 does not see');
      using display = await openDisplay(environment, options);
      return await queryIdle(display);
    },
  };
}

async function queryIdle(display: XDisplay): Promise<number> {
  const name = Buffer.alloc(4 + EXTENSION.length);
  name.writeUInt16LE(EXTENSION.length, 0);
  name.write(EXTENSION, 4, 'latin1');
  const extension = await display.ask(requestOf(QUERY_EXTENSION, 0, name));
  if (extension.readUInt8(8) === 0) throw noIdleTime(`the display has no extension ${EXTENSION}`);
  const root = Buffer.alloc(4);
  root.writeUInt32LE(display.root, 0);
  const info = await display.ask(requestOf(extension.readUInt8(9), QUERY_INFO, root));
  return info.readUInt32LE(16);
}
