#!/usr/bin/env bun
/* Stands in for the process that works on images: the real one, until a file's last byte asks for a fault. */
import { serveImages } from '../../../src/system/native/images-in-child.ts';
import { createImageWork } from '../../../src/system/native/sharp-images.ts';
import { connectParent } from '../../../src/system/process/parent.ts';

const HELD_BYTES = 128 * 1024 * 1024;

const parent = connectParent();
const work = createImageWork({ native: { unpack: () => Promise.resolve(undefined) } });
const faults: Readonly<Record<number, () => Promise<never>>> = {
  1: () => {
    process.kill(process.pid, 'SIGSEGV');
    return new Promise<never>(() => {});
  },
  2: () => new Promise<never>(() => setInterval(() => {}, 60_000)),
  3: async () => process.exit(3),
  4: () => {
    const held = Array.from({ length: 8 }, () => new Uint8Array(HELD_BYTES).fill(1));
    return new Promise<never>(() => setInterval(() => held.length, 60_000));
  },
};
if (parent !== undefined) {
  await serveImages(parent, {
    ...work,
    decode: async (bytes, how) => (await faults[bytes.at(-1) ?? 0]?.()) ?? work.decode(bytes, how),
  });
}
