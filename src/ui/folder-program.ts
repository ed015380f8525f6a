import { type Desktop, hasDisplay } from './browsers.ts';

/** A program that shows a folder, and what it is started with. */
export interface FolderProgram {
  readonly program: string;
  readonly args: readonly string[];
  /** Explorer ends with 1 although it has shown the folder. */
  readonly endsBadly: boolean;
}

/** How a folder is shown on this desktop; undefined without one, such as over `ssh`. */
export function folderProgram(folder: string, desktop: Desktop): FolderProgram | undefined {
  if (desktop.platform === 'darwin') return { program: 'open', args: [folder], endsBadly: false };
  if (desktop.platform === 'win32') return { program: 'explorer.exe', args: [folder], endsBadly: true };
  return hasDisplay(desktop) ? { program: 'xdg-open', args: [folder], endsBadly: false } : undefined;
}
