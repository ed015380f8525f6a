import { expect, test } from 'bun:test';
import { readFile } from 'node:fs/promises';
import { openReceipt } from '../../../src/release/receipt.ts';
import type { LoginEntry } from '../../../src/service/login.ts';
import { removeLogin, syncLogin } from '../../../src/service/login-sync.ts';
import { systemFiles } from '../../../src/system/disk/files.ts';
import { failureOf, tempFolder } from '../../fakes/system/temp-folder.ts';

/** A home, and a Windows that notes what it is asked. */
async function aScene(code = 0) {
  const folder = await tempFolder();
  const asked: string[] = [];
  const deps = {
    files: systemFiles,
    receipt: openReceipt(folder.at('receipt.tsv'), systemFiles),
    runStep: async (command: readonly string[]) => {
      asked.push(command.join(' '));
      return { code, output: '', lastError: code === 0 ? '' : 'ERROR: Access is denied.' };
    },
  };
  return { ...folder, asked, deps };
}

test('a login entry is written and recorded once, and removed when disabled', async () => {
  await using scene = await aScene();
  const entry: LoginEntry = { is: 'file', path: scene.at('autostart/ui.desktop'), text: '[Desktop Entry]\n' };
  await syncLogin(entry, true, scene.deps);
  await syncLogin(entry, true, scene.deps);
  expect(await readFile(entry.path, 'utf8')).toBe('[Desktop Entry]\n');
  const notes = await scene.deps.receipt.read();
  expect(notes.filter(({ is }) => is === 'login')).toEqual([{ is: 'login', path: entry.path }]);
  await syncLogin(entry, false, scene.deps);
  expect(await systemFiles.stat(entry.path)).toBeUndefined();
  expect((await scene.deps.receipt.read()).filter(({ is }) => is === 'login')).toEqual([]);
});

const RUN = 'HKCU\\Software\\Microsoft\\Windows\\CurrentVersion\\Run';
const onWindows: LoginEntry = { is: 'run-value', name: 'studio-worker-ui', value: '"C:\\a b\\studio-worker.exe" ui' };

test('Windows keeps the entry in its registry, and the receipt names the value', async () => {
  await using scene = await aScene();
  await syncLogin(onWindows, true, scene.deps);
  await removeLogin(`${RUN}\\studio-worker-ui`, scene.deps);
  expect(scene.asked).toEqual([
    `reg add ${RUN} /v studio-worker-ui /t REG_SZ /d "C:\\a b\\studio-worker.exe" ui /f`,
    `reg delete ${RUN} /v studio-worker-ui /f`,
  ]);
  expect(await scene.deps.receipt.read()).toEqual([{ is: 'login', path: `${RUN}\\studio-worker-ui` }]);
});

test('a registry that cannot be written is a failure with its reason', async () => {
  await using scene = await aScene(1);
  expect(await failureOf(syncLogin(onWindows, true, scene.deps))).toMatchObject({
    code: 'service.not-activated',
    message: expect.stringContaining('Access is denied'),
  });
});
