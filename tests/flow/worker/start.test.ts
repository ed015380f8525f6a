import { expect, setDefaultTimeout, test } from 'bun:test';
import { writeFile } from 'node:fs/promises';
import { tempFolder } from '../../fakes/system/temp-folder.ts';
import { command } from '../child.ts';
import { TEST_MS } from '../wait-for.ts';

setDefaultTimeout(TEST_MS);

test('a worker whose outbox cannot be a folder says so and ends by itself', async () => {
  await using folder = await tempFolder();
  await writeFile(folder.at('config.toml'), 'api_base_url = "http://127.0.0.1:1"\nworker_id = "w"\nauth_token = "t"\n');
  await writeFile(folder.at('outbox'), 'a file');
  const { code, err } = await command(folder.path, 'run');
  expect({ code, err }).toEqual({ code: 73, err: expect.stringContaining('cannot keep results in') });
});
