import type { Environment } from '../system/environment.ts';
import type { Files } from '../system/disk/files.ts';
import { hasDisplay } from './browsers.ts';

/*
 * What the process of the window goes by while it stays: whether it has anything to stay for, whether it is still the
 * program that was installed, and whether its worker crashed.
 */

export interface StayDeps {
  readonly environment: Pick<Environment, 'platform' | 'get'>;
  readonly files: Pick<Files, 'kindOf'>;
  /** Sockets that the message bus of this login may be on; an abstract one begins with a NUL. */
  readonly buses: readonly string[];
}

/** Whether this desktop can show an icon, and there is something to stay for. */
export async function canShowIcon({ environment, files, buses }: StayDeps): Promise<boolean> {
  if (environment.platform === 'darwin' || environment.platform === 'win32') return true;
  if (!hasDisplay(environment)) return false;
  for (const bus of buses) {
    if (bus.startsWith('\0') || (await files.kindOf(bus)) !== undefined) return true;
  }
  return false;
}

/**
 * Tells whether another version was put in the place of this program since: a file of another size or time. One that is
 * not there is about to be replaced, and not yet another version.
 */
export async function watchProgram(path: string, files: Pick<Files, 'stat'>): Promise<() => Promise<boolean>> {
  const identity = async (): Promise<string | undefined> => {
    const facts = await files.stat(path);
    return facts && `${facts.sizeBytes} ${facts.modifiedAt}`;
  };
  const before = await identity();
  return async () => {
    const now = await identity();
    return now !== undefined && now !== before;
  };
}

/** A crash leaves the file that names the API; a worker that ends in good order removes it. */
export async function hasCrashed(
  localApi: string,
  { files, isRunning }: { readonly files: Pick<Files, 'stat'>; readonly isRunning: () => Promise<boolean> },
): Promise<boolean> {
  return (await files.stat(localApi)) !== undefined && !(await isRunning());
}
