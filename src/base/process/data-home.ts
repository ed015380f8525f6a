import { xdgFolder } from './xdg.ts';

/** The account, as far as it says where its programs keep their data. */
export interface DataAccount {
  readonly platform: string;
  /** Absolute, without a slash at its end. */
  readonly home: string;
  readonly get: (name: string) => string | undefined;
}

/** Where the platform keeps what programs must not lose (XDG Base Directory Specification, and its counterparts). */
export function dataHome({ platform, home, get }: DataAccount): string {
  if (platform === 'win32') return get('LOCALAPPDATA') || `${home}\\AppData\\Local`;
  if (platform === 'darwin') return `${home}/Library/Application Support`;
  return xdgFolder(get, 'XDG_DATA_HOME') ?? `${home}/.local/share`;
}
