import { expect, test } from 'bun:test';
import { chmod, stat, writeFile } from 'node:fs/promises';
import { keepPrivate } from '../../../src/config/keep-private.ts';
import { readConfig } from '../../../src/config/read.ts';
import { systemFiles } from '../../../src/system/disk/files.ts';
import { recordingLogger } from '../../fakes/recording-logger.ts';
import { tempFolder } from '../../fakes/system/temp-folder.ts';
import { needs, POSIX } from '../../needs.ts';

const LEAST = 'api_base_url = "https://studio.lan"\nvram_threshold_gb = 6.5\n';
const WITH_TOKEN = `${LEAST}auth_token = "hunter2"\n`;
const onPosix = needs(POSIX);

async function setup(text: string, mode: number) {
  const folder = await tempFolder();
  const path = folder.at('config.toml');
  await writeFile(path, text);
  await chmod(path, mode);
  const log = recordingLogger();
  const current = readConfig(text, path, { homeDir: '/home/pat', tempDir: '/tmp' });
  return {
    path,
    log,
    keep: (files: Parameters<typeof keepPrivate>[1] = systemFiles) => keepPrivate({ path, current }, files, log),
    mode: async () => ((await stat(path)).mode & 0o777).toString(8),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

for (const mode of [0o644, 0o666, 0o640, 0o604]) {
  onPosix(`a config of mode ${mode.toString(8)} with a token is made private with a warning`, async () => {
    await using at = await setup(WITH_TOKEN, mode);
    await at.keep();
    expect(await at.mode()).toBe('600');
    expect(at.log.find('config.made-private')).toMatchObject({ level: 'warn', fields: { path: at.path } });
  });
}

onPosix('a private file is left as it is without a word', async () => {
  await using at = await setup(WITH_TOKEN, 0o400);
  await at.keep();
  expect(await at.mode()).toBe('400');
  expect(at.log.names()).toEqual([]);
});

onPosix('a file without a secret may be read by anybody', async () => {
  await using at = await setup(LEAST, 0o644);
  await at.keep();
  expect(await at.mode()).toBe('644');
});

test("a file of somebody else's is warned about, with the remedy, and stops nothing", async () => {
  await using at = await setup(WITH_TOKEN, 0o600);
  await at.keep({ makePrivate: () => Promise.reject(new Error('EPERM: operation not permitted')) });
  expect(at.log.find('config.exposed')).toMatchObject({
    level: 'warn',
    fields: { path: at.path, hint: `Run \`chmod 600 ${at.path}\` as its owner.` },
  });
});
