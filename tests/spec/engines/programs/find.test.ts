import { expect, test } from 'bun:test';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { type TriedFile, createProgramFinder, pathFolders } from '../../../../src/engines/programs/find.ts';
import { systemFiles } from '../../../../src/system/disk/files.ts';
import { recordingLogger } from '../../../fakes/recording-logger.ts';
import { tempFolder } from '../../../fakes/system/temp-folder.ts';

/** A search for `tool` on a real disk; what a file holds says how it is judged. */
async function setup(variables: Record<string, string> = {}) {
  const folder = await tempFolder();
  const log = recordingLogger();
  const judged: string[] = [];
  const accept = async (path: string): Promise<TriedFile<string>> => {
    judged.push(path);
    const text = await systemFiles.readText(path);
    if (text === 'good') return { is: 'accepted', found: path };
    if (text === 'old') return { is: 'fallback', found: path };
    if (text === 'unstartable') throw new Error('cannot be started');
    return { is: 'rejected', because: 'it does not run' };
  };
  const environment = { get: (name: string) => variables[name], platform: 'linux' } as const;
  const search = { name: 'tool', variable: 'TOOL', folders: () => pathFolders(environment), accept };
  return {
    folder,
    variables,
    log,
    judged,
    find: createProgramFinder(search, { files: systemFiles, environment, log }),
    put: (name: string, text: string) => {
      mkdirSync(folder.at(name), { recursive: true });
      writeFileSync(folder.at(`${name}/tool`), text);
      return folder.at(`${name}/tool`);
    },
    path: (...names: readonly string[]) => void (variables['PATH'] = names.map((name) => folder.at(name)).join(':')),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

test('a folder on the PATH that cannot be read hides no program behind it', async () => {
  await using machine = await setup();
  symlinkSync(machine.folder.at('loop'), machine.folder.at('loop'));
  const found = machine.put('bin', 'good');
  machine.path('loop', 'bin');
  expect(await machine.find()).toEqual({ is: 'found', found });
  await machine.find();
  expect(machine.log.events).toMatchObject([
    { event: 'program.passed-over', level: 'debug', fields: { because: expect.stringContaining('ELOOP') } },
  ]);
});

test('a file of the right name that does not run is passed over', async () => {
  await using machine = await setup();
  const broken = [machine.put('a', 'unstartable'), machine.put('b', 'broken')];
  const found = machine.put('c', 'good');
  machine.path('a', 'b', 'c');
  expect(await machine.find()).toEqual({ is: 'found', found });
  expect(machine.log.events.map(({ fields }) => [fields['path'], fields['because']])).toEqual([
    [broken[0], 'cannot be started'],
    [broken[1], 'it does not run'],
  ]);
});

test('a program that is good enough is taken only where no better one is', async () => {
  await using machine = await setup();
  const old = machine.put('a', 'old');
  machine.path('a', 'b');
  expect(await machine.find()).toEqual({ is: 'found', found: old });
  const found = machine.put('b', 'good');
  expect(await machine.find()).toEqual({ is: 'found', found });
});

test('where nothing runs the first file that was there is named', async () => {
  await using machine = await setup();
  machine.path('a', 'b');
  expect(await machine.find()).toEqual({ is: 'missing', rejected: undefined });
  const broken = machine.put('b', 'broken');
  expect(await machine.find()).toEqual({ is: 'missing', rejected: broken });
  const unstartable = machine.put('a', 'unstartable');
  expect(await machine.find()).toEqual({ is: 'missing', rejected: unstartable });
});

test('a program rejected twice is left alone while another one serves', async () => {
  await using machine = await setup();
  const broken = machine.put('a', 'broken');
  const good = machine.put('b', 'good');
  machine.path('a', 'b');
  for (let search = 1; search <= 4; search++) expect(await machine.find()).toEqual({ is: 'found', found: good });
  expect(machine.judged).toEqual([broken, good, broken]);
  const mended = machine.put('a', 'good');
  expect(await machine.find()).toEqual({ is: 'found', found: mended });
});

test('a program is judged once per file version, a rejected one every time', async () => {
  await using machine = await setup();
  const path = machine.put('a', 'broken');
  machine.path('a');
  for (let search = 1; search <= 2; search++) await machine.find();
  expect(machine.judged).toEqual([path, path]);
  machine.put('a', 'good');
  for (let search = 1; search <= 2; search++) await machine.find();
  expect(machine.judged).toHaveLength(3);
});

test('the program that the operator named is the only candidate', async () => {
  await using machine = await setup();
  machine.put('bin', 'good');
  machine.path('bin');
  const named = machine.put('own', 'good');
  machine.variables['TOOL'] = named;
  expect(await machine.find()).toEqual({ is: 'found', found: named });
  machine.put('own', 'broken');
  expect(await machine.find()).toEqual({ is: 'missing', rejected: named });
});

test('a variable that names nothing usable is ignored with one warning', async () => {
  await using machine = await setup();
  symlinkSync(machine.folder.at('loop'), machine.folder.at('loop'));
  const found = machine.put('bin', 'good');
  machine.path('bin');
  for (const value of [' ', '/no/such/file', machine.folder.at('loop')]) {
    machine.variables['TOOL'] = value;
    for (let search = 1; search <= 2; search++) expect(await machine.find()).toEqual({ is: 'found', found });
  }
  expect(machine.log.names()).toEqual(Array.from({ length: 3 }, () => 'program.variable-ignored'));
  expect(machine.log.events.map(({ fields }) => fields['because'])).toEqual([
    'it is blank',
    'no such file',
    expect.stringContaining('ELOOP'),
  ]);
});
