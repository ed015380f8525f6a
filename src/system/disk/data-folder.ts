import { accessSync, constants, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { WorkerError } from '../../base/errors.ts';
import { isPlainFileName } from '../../base/foreign/file-name.ts';
import { quoted } from '../../base/foreign-text.ts';
import { systemFiles } from './files.ts';
import { type NewFile, startFile } from './new-file.ts';
import { acquireLock, type Lock } from './lock.ts';
import type { Sql } from '../database/sql.ts';
import { openPrivateSqlite } from '../database/sqlite.ts';

/**
 * A folder in which one program keeps all its data: names below it, none of which leads out of it. What is created here
 * is for its owner alone. A full disk is `disk.full`; other failures are the system's own errors.
 */
export interface DataFolder {
  /** Absolute. */
  readonly path: string;
  /** The absolute path of a name. @throws WorkerError `internal` for what is no plain file name */
  pathOf(name: string): string;
  /** Undefined when there is no such file. */
  readText(name: string): Promise<string | undefined>;
  /** Replaces a file. Whole or absent after a power cut. */
  writeText(name: string, text: string): Promise<void>;
  /** Takes all rights on a file from others. True when they had some, which Windows never says. */
  makePrivate(name: string): Promise<boolean>;
  /** @throws the system's error when the folder is gone, or this account may no longer write there */
  assertWritable(): void;
  /** The bytes, to be streamed; undefined when there is no such file. */
  blob(name: string): Promise<Blob | undefined>;
  startFile(name: string): NewFile;
  openSqlite(name: string): Sql;
  /** Takes a lock of this process on a name (`….lock`), which the system drops however the process ends. */
  lock(name: string): Promise<Lock>;
  /** A folder in this one, created when missing. */
  openFolder(name: string): Promise<DataFolder>;
  /** Removes a file, or a folder with everything in it. Fine when it is missing. */
  remove(name: string): Promise<void>;
}

/**
 * Opens a folder, which is created when missing.
 *
 * @throws the system's error when this account may not write there
 */
export type OpenDataFolder = (path: string) => Promise<DataFolder>;

/** On this machine's disk. */
export const openDataFolder: OpenDataFolder = async (named) => {
  const path = resolve(named);
  mkdirSync(path, { recursive: true, mode: 0o700 });
  accessSync(path, constants.W_OK);
  const pathOf = (name: string): string => {
    if (isPlainFileName(name)) return join(path, name);
    throw new WorkerError('internal', `${quoted(name)} is no name in a data folder`);
  };
  return {
    path,
    pathOf,
    assertWritable: () => accessSync(path, constants.W_OK),
    readText: (name) => systemFiles.readText(pathOf(name)),
    writeText: (name, text) => systemFiles.writeDurable(pathOf(name), [new TextEncoder().encode(text)]),
    makePrivate: (name) => systemFiles.makePrivate(pathOf(name)),
    blob: async (name) => {
      const file = Bun.file(pathOf(name));
      return (await file.exists()) ? file : undefined;
    },
    startFile: (name) => startFile(pathOf(name)),
    openSqlite: (name) => openPrivateSqlite(pathOf(name)),
    lock: (name) => acquireLock(pathOf(name), { pid: process.pid }),
    openFolder: (name) => openDataFolder(pathOf(name)),
    remove: (name) => systemFiles.remove(pathOf(name)),
  };
};
