import { closeSync, fsyncSync, openSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/** Writes a file so that it survives a power cut: beside its place, fsynced, moved there, its folder fsynced. */
export function writeSafely(path: string, bytes: Uint8Array): void {
  const temporary = `${path}.tmp`;
  sync(temporary, 'w', bytes);
  renameSync(temporary, path);
  sync(dirname(path), 'r');
}

function sync(path: string, flags: string, bytes: Uint8Array = new Uint8Array()): void {
  const file = openSync(path, flags);
  try {
    for (let at = 0; at < bytes.byteLength;) at += writeSync(file, bytes, at);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
