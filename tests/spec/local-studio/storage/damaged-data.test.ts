import { expect, test } from 'bun:test';
import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { toWorkerError } from '../../../../src/base/errors.ts';
import { openStudioData } from '../../../../src/local-studio/storage/studio-data.ts';
import { recordingLogger } from '../../../fakes/recording-logger.ts';
import { studioEffects } from '../../../fakes/studio/studio-effects.ts';
import { tempFolder } from '../../../fakes/system/temp-folder.ts';

const TOKEN = '0123456789abcdef'.repeat(2);

/** A data folder, and the studio's attempt to open what is in it: the token, or the failure. */
async function setup() {
  const folder = await tempFolder();
  const log = recordingLogger();
  const open = async (): Promise<string> => {
    const { operatorToken, store } = await openStudioData({ dataDir: folder.path }, studioEffects, log);
    await store.close();
    return operatorToken;
  };
  return {
    folder,
    log,
    open,
    failure: () => open().then(() => undefined, toWorkerError),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

test('a database that is none is reported as damaged, by its path', async () => {
  await using studio = await setup();
  await writeFile(studio.folder.at('studio.sqlite'), 'no database, but some text '.repeat(1000));
  const error = await studio.failure();
  expect(error).toMatchObject({ code: 'studio.data-damaged', hint: expect.stringContaining('backup') });
  expect(error?.message).toContain(studio.folder.at('studio.sqlite'));
});

test('a database with overwritten pages is reported as damaged', async () => {
  await using studio = await setup();
  await studio.open();
  const bytes = await readFile(studio.folder.at('studio.sqlite'));
  await writeFile(studio.folder.at('studio.sqlite'), bytes.fill(0xa5, 100, 8192));
  expect(await studio.failure()).toHaveProperty('code', 'studio.data-damaged');
});

test('a database of another program is reported as damaged', async () => {
  await using studio = await setup();
  const other = new Bun.SQL({ adapter: 'sqlite', filename: studio.folder.at('studio.sqlite'), create: true });
  await other.unsafe('CREATE TABLE migrations (name TEXT)');
  await other.close();
  expect(await studio.failure()).toHaveProperty('code', 'studio.data-damaged');
});

test.each(['studio.sqlite', 'operator-token'])('a folder in the place of %s is named', async (name) => {
  await using studio = await setup();
  await mkdir(studio.folder.at(name));
  const error = await studio.failure();
  expect(error).toMatchObject({ code: 'file.unusable' });
  expect(error?.message).toContain(studio.folder.at(name));
});

test('a file in the place of the artifacts is named', async () => {
  await using studio = await setup();
  await writeFile(studio.folder.at('artifacts'), '');
  expect(await studio.failure()).toMatchObject({ code: 'folder.unusable' });
});

test.each([
  ['five characters', 'abcde', 'studio.token-weak'],
  ['one character less than enough', TOKEN.slice(1), 'studio.token-weak'],
  ['one character over and over', 'a'.repeat(64), 'studio.token-weak'],
  ['a word over and over', 'token'.repeat(12), 'studio.token-weak'],
  ['blanks in it', `${TOKEN} ${TOKEN}`, 'studio.data-damaged'],
  ['two lines', `${TOKEN}\n${TOKEN}`, 'studio.data-damaged'],
  ['letters that no header carries', `${TOKEN}é`, 'studio.data-damaged'],
  ['bytes that are no text', '\u0000'.repeat(64), 'studio.data-damaged'],
  ['more than a header carries', TOKEN.repeat(40), 'studio.data-damaged'],
])('an operator token with %s is refused and kept out of the message', async (_what, token, code) => {
  await using studio = await setup();
  await writeFile(studio.folder.at('operator-token'), token, { mode: 0o600 });
  const error = await studio.failure();
  expect(error).toMatchObject({ code, hint: expect.stringContaining('openssl rand -hex 32') });
  expect(error?.message).toContain(studio.folder.at('operator-token'));
  expect(error?.message).not.toContain(token);
});

test.each([TOKEN, `${TOKEN}\n`, 'Pa.ss~wo_rd-of+32/characters1234=='])('a token of one own is taken', async (token) => {
  await using studio = await setup();
  await writeFile(studio.folder.at('operator-token'), token, { mode: 0o600 });
  expect(await studio.open()).toBe(token.trim());
  expect(studio.log.events).toEqual([]);
});

test('an empty token file gets a token', async () => {
  await using studio = await setup();
  await writeFile(studio.folder.at('operator-token'), '\n');
  expect(await studio.open()).toHaveLength(64);
});

test.each([0o644, 0o640, 0o622, 0o777])('a token file with mode %o becomes its owner alone', async (mode) => {
  await using studio = await setup();
  const path = studio.folder.at('operator-token');
  await writeFile(path, TOKEN);
  await chmod(path, mode);
  expect(await studio.open()).toBe(TOKEN);
  if (process.platform === 'win32') return; // there are no modes
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect(studio.log.events).toMatchObject([{ level: 'warn', event: 'operator-token.made-private', fields: { path } }]);
});
