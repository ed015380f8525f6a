import { readdir, readFile, readlink } from 'node:fs/promises';
import type { DialogueOptions } from '../net/unix-dialogue.ts';
import { type DisplayEnvironment, isWayland, openDisplay } from '../x11/display.ts';
import { fullScreenWindow } from '../x11/full-screen.ts';
import type { FullScreenReading, PowerReading, Surroundings } from './readings.ts';

/** Where the kernel tells; other folders in tests. */
export interface LinuxFolders {
  readonly supplies: string;
  readonly processes: string;
}

const FOLDERS: LinuxFolders = { supplies: '/sys/class/power_supply', processes: '/proc' };

export function linuxSurroundings(
  environment: DisplayEnvironment,
  options: DialogueOptions,
  { supplies, processes }: LinuxFolders = FOLDERS,
): Surroundings {
  return {
    power: async () => powerOf(await readSupplies(supplies)),
    programs: async () => ({ is: 'known', names: await programNames(processes) }),
    fullScreen: () => readFullScreen(environment, options),
  };
}

/** One supply of power, as the kernel describes it (Documentation/ABI/testing/sysfs-class-power). */
export interface PowerSupply {
  readonly name: string;
  /** `Battery`, `Mains`, `USB`, `UPS`, `Wireless`. */
  readonly type: string;
  readonly online: string;
  readonly status: string;
  /** `Device` for that of a mouse or a headset, which says nothing of this machine. */
  readonly scope: string;
}

/** By what is plugged in, else by a battery that is being drained. A machine without a battery runs on mains. */
export function powerOf(supplies: readonly PowerSupply[]): PowerReading {
  const own = supplies.filter(({ scope }) => scope !== 'Device');
  const plugged = own.find(({ type, online }) => type !== 'Battery' && online === '1');
  if (plugged !== undefined) return { is: 'mains', source: plugged.name };
  const drained = own.find(({ type, status }) => type === 'Battery' && status === 'Discharging');
  if (drained !== undefined) return { is: 'battery', source: drained.name };
  const battery = own.find(({ type }) => type === 'Battery');
  return { is: 'mains', source: battery?.name ?? 'no battery' };
}

/** A machine without the folder has no battery, and no supply has every file: what is missing reads as empty. */
async function readSupplies(folder: string): Promise<readonly PowerSupply[]> {
  const names = await readdir(folder).catch(() => []);
  const textOf = async (name: string, file: string): Promise<string> =>
    (await readFile(`${folder}/${name}/${file}`, 'utf8').catch(() => '')).trim();
  return await Promise.all(
    names.map(async (name) => ({
      name,
      type: await textOf(name, 'type'),
      online: await textOf(name, 'online'),
      status: await textOf(name, 'status'),
      scope: await textOf(name, 'scope'),
    })),
  );
}

/** By three names, since each lacks something: the kernel's is cut at 15 characters, and a program may rewrite its own. */
async function programNames(folder: string): Promise<readonly string[]> {
  const pids = (await readdir(folder)).filter((name) => /^\d+$/.test(name));
  const names = await Promise.all(pids.map((pid) => namesOf(`${folder}/${pid}`)));
  return [...new Set(names.flat())];
}

/** A process that ended meanwhile has none; the link of another account's is not shown to us. */
async function namesOf(folder: string): Promise<readonly string[]> {
  const [comm, commandLine, link] = await Promise.all([
    readFile(`${folder}/comm`, 'utf8').catch(() => ''),
    readFile(`${folder}/cmdline`, 'utf8').catch(() => ''),
    readlink(`${folder}/exe`).catch(() => ''),
  ]);
  const [first = ''] = commandLine.split('\0');
  return [comm.trim(), baseName(first), baseName(link.replace(/ \(deleted\)$/, ''))].filter((name) => name !== '');
}

/** Of either system's paths: programs of Windows run here, too. */
const baseName = (path: string): string => path.split(/[/\\]/).at(-1) ?? '';

/** Under Wayland X knows its own windows, which most games are; one of Wayland's own is not seen. */
async function readFullScreen(environment: DisplayEnvironment, options: DialogueOptions): Promise<FullScreenReading> {
  const source = isWayland(environment.get) ? 'Xwayland' : 'X11';
  using display = await openDisplay(environment, options);
  const program = await fullScreenWindow(display);
  return program === undefined ? { is: 'windowed', source } : { is: 'full-screen', source, program };
}
