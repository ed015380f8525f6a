import { agentPath, loginAgent, LOGIN_LABEL } from './launchd.ts';
import { windowsLine } from './schtasks.ts';
import type { ServiceStep } from './service.ts';
import type { MemoryProperties } from '../system/process/memory-scope.ts';

/** What starts the worker's window at a login (studio contract: login entries). */
export type LoginEntry =
  | { readonly is: 'file'; readonly path: string; readonly text: string }
  /** A value below `HKCU\Software\Microsoft\Windows\CurrentVersion\Run`. */
  | { readonly is: 'run-value'; readonly name: string; readonly value: string };

const NAME = 'studio-worker-ui';
/** Studio contract: the scope that the ceiling is laid on. */
const SCOPE = 'studio-worker';

export interface LoginPlace {
  readonly platform: NodeJS.Platform;
  readonly homeDir: string;
  /** Where the account keeps settings; unused on macOS and Windows. */
  readonly configHome: string;
}

/** The entry for a command. With a ceiling it starts in a scope of systemd's, which holds all it starts to that. */
export function loginEntry(
  command: readonly [string, ...string[]],
  { platform, homeDir, configHome }: LoginPlace,
  memory?: MemoryProperties,
): LoginEntry {
  if (platform === 'win32') return { is: 'run-value', name: NAME, value: windowsRunLine(command) };
  if (platform === 'darwin') {
    return { is: 'file', path: agentPath(homeDir, LOGIN_LABEL), text: loginAgent(command) };
  }
  return { is: 'file', path: `${configHome}/autostart/${NAME}.desktop`, text: desktopEntry(command, memory) };
}

/** Succeeds where systemd runs programs of this account under a ceiling. */
export const scopeProbe = ({ MemoryMax }: Pick<MemoryProperties, 'MemoryMax'>): ServiceStep['command'] => [
  'systemd-run',
  '--user',
  '--scope',
  '--quiet',
  '--collect',
  '-p',
  `MemoryMax=${MemoryMax}`,
  'true',
];

/** The program is in quotes whether it needs them or not (studio contract). */
const windowsRunLine = ([program, ...args]: readonly [string, ...string[]]): string =>
  [`"${program}"`, ...(args.length === 0 ? [] : [windowsLine(args)])].join(' ');

function desktopEntry(command: readonly string[], memory: MemoryProperties | undefined): string {
  const scope = ['systemd-run', '--user', '--scope', `--unit=${SCOPE}`, '--collect', '--quiet'];
  const properties = Object.entries(memory ?? {}).flatMap(([name, value]) => ['-p', `${name}=${value}`]);
  const scoped = memory === undefined ? command : [...scope, ...properties, ...command];
  return [
    '[Desktop Entry]',
    'Type=Application',
    'Name=studio-worker',
    'Comment=Takes jobs from a studio and runs them on this machine',
    `Exec=${scoped.map(desktopWord).join(' ')}`,
    'Terminal=false',
    'X-GNOME-Autostart-enabled=true',
    '',
  ].join('\n');
}

/**
 * A word of an `Exec` line (Desktop Entry Specification, "The Exec key"): a reserved character needs quotes, in which some
 * are escaped; the value as a whole is then escaped like any string; and `%` begins a field code.
 */
function desktopWord(text: string): string {
  const doubled = text.replaceAll('%', '%%');
  if (!/[\s"'\\><~|&;$*?#()`]/.test(text) && text !== '') return doubled;
  return `"${doubled.replaceAll(/["`$\\]/g, String.raw`\$&`)}"`.replaceAll('\\', '\\\\');
}
