import type { AskProgram } from '../process/ask-program.ts';
import { childEnvironment, processVariables } from '../process/processes.ts';
import type { FullScreenReading, PowerReading, Surroundings, UnknownReading } from './readings.ts';

/** Parts of the system, at these paths since its first releases. */
const PMSET = ['/usr/bin/pmset', '-g', 'batt'];
const PS = ['/bin/ps', '-axo', 'comm='];
/** The sizes of the screens, and of the windows of the application in front; the names of windows would need a permission. */
const FRONT_SCRIPT = `
ObjC.import('AppKit'); ObjC.import('CoreGraphics');
const front = $.NSWorkspace.sharedWorkspace.frontmostApplication;
const sizes = ObjC.deepUnwrap(ObjC.castRefToObject($.CGWindowListCopyWindowInfo(1 | 16, 0)))
  .filter((one) => one.kCGWindowOwnerPID === front.processIdentifier && one.kCGWindowLayer === 0)
  .map((one) => 'window ' + one.kCGWindowBounds.Width + ' ' + one.kCGWindowBounds.Height);
const screens = $.NSScreen.screens.js.map((one) => 'screen ' + one.frame.size.width + ' ' + one.frame.size.height);
['front ' + ObjC.unwrap(front.localizedName)].concat(screens, sizes).join('\\n');
`;
const OSASCRIPT = ['/usr/bin/osascript', '-l', 'JavaScript', '-e', FRONT_SCRIPT];
/** A few thousand programs with long paths. */
const MAX_CHARACTERS = 1024 * 1024;

export function macSurroundings({
  ask,
  limitMs,
}: {
  readonly ask: AskProgram;
  readonly limitMs: number;
}): Surroundings {
  const outputOf = async (command: readonly string[]): Promise<string> => {
    const env = childEnvironment(processVariables());
    return (await ask(command, { env, limitMs, maxCharacters: MAX_CHARACTERS })).output;
  };
  return {
    power: async () => parsePmset(await outputOf(PMSET)),
    async programs() {
      const names = parsePs(await outputOf(PS));
      return names.length === 0 ? untold('ps lists no programs') : { is: 'known', names };
    },
    fullScreen: async () => parseFront(await outputOf(OSASCRIPT)),
  };
}

const untold = (because: string): UnknownReading => ({ is: 'unknown', because });

/** Its first line: `Now drawing from 'Battery Power'`, or AC, or a UPS, which is a battery as well. */
export function parsePmset(output: string): PowerReading {
  const [, from] = /Now drawing from '(AC|Battery|UPS) Power'/.exec(output) ?? [];
  if (from === undefined) return untold('pmset does not say what this machine runs on');
  return { is: from === 'AC' ? 'mains' : 'battery', source: `${from} Power` };
}

/** A path on each line. */
export const parsePs = (output: string): readonly string[] =>
  output.split('\n').flatMap((line) => line.trim().split('/').at(-1) || []);

/** A window as large as a screen fills it. */
export function parseFront(output: string): FullScreenReading {
  const sizes = (what: string): readonly string[] =>
    [...output.matchAll(new RegExp(`^${what} ([\\d.]+ [\\d.]+)$`, 'gm'))].map(([, size = '']) => size);
  const screens = sizes('screen');
  if (screens.length === 0) return untold('there is no screen that the worker sees');
  const [, program = ''] = /^front (.*)$/m.exec(output) ?? [];
  const is = sizes('window').some((size) => screens.includes(size)) ? 'full-screen' : 'windowed';
  return { is, source: 'CoreGraphics', program };
}
