import { beforeAll, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { noticeBeside } from '../../install/build.ts';
import type { Component } from '../../src/licences/licences.ts';
import { alone, BUILD_LIMIT_MS, builtBinary } from './built.ts';

beforeAll(() => builtBinary(), BUILD_LIMIT_MS);

const listed = async (): Promise<readonly Component[]> => {
  await using program = await alone(await builtBinary());
  const { code, stdout } = await program.run(['licences', '--json']);
  expect(code).toBe(0);
  return JSON.parse(stdout);
};

test('nothing inside the executable is under the GPL, and espeak is not in it', async () => {
  const components = await listed();
  const all = components.flatMap(({ inside }) => inside).concat(components);
  expect(all.length).toBeGreaterThan(150);
  expect(all.filter(({ licence }) => /(?<!L)GPL/.test(licence))).toEqual([]);
  expect(all.filter(({ name }) => /espeak|phonemizer|ffmpeg|x264/i.test(name))).toEqual([]);
  const bytes = readFileSync(await builtBinary());
  expect(['phonemizer', 'espeak-ng-data', 'espeak_Initialize'].filter((mark) => bytes.includes(mark))).toEqual([]);
});

test('the licence list covers packages, native files, runtime and data', async () => {
  const names = (await listed()).map(({ name, kind }) => `${kind} ${name}`);
  for (const part of ['module valibot', 'native onnxruntime-node', 'runtime Bun', 'data CMU Pronouncing Dictionary']) {
    expect(names).toContain(part);
  }
  expect(names.filter((name) => name.startsWith('native @img/sharp-libvips-'))).toHaveLength(1);
  expect(names.filter((name) => name.startsWith('native @fugood/node-whisper-'))).toHaveLength(1);
  expect(names.filter((name) => name.startsWith('native @node-llama-cpp/'))).toHaveLength(1);
});

test('every LGPL part names its source and how to replace it', async () => {
  const weak = (await listed()).filter((component) =>
    [component, ...component.inside].some(({ licence }) => /LGPL|MPL/.test(licence)),
  );
  expect(weak.map(({ name }) => name)).toContain('Bun');
  expect(weak.filter(({ source, replacing }) => !source.startsWith('https://') || replacing === undefined)).toEqual([]);
});

test('the executable prints the very NOTICE that lies beside it', async () => {
  await using program = await alone(await builtBinary());
  const { stdout } = await program.run(['licences', '--full']);
  expect(stdout).toBe(readFileSync(noticeBeside(await builtBinary()), 'utf8'));
  expect(stdout).toContain('Copyright (C) 1993-2015 Carnegie Mellon University');
});

test('people read a table', async () => {
  await using program = await alone(await builtBinary());
  const { stdout } = await program.run(['licences']);
  expect(stdout).toMatch(/^component +version +licence +inside\n/);
  expect(stdout).toMatch(/^glib +\S+ +LGPL-3\.0-or-later +@img\/sharp-libvips-/m);
});
