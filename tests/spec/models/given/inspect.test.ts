import { expect, test } from 'bun:test';
import { mkdir } from 'node:fs/promises';
import { toWorkerError } from '../../../../src/base/errors.ts';
import { chatModel } from '../../../../src/demo/weights/chat.ts';
import { type InspectDeps, inspectModel } from '../../../../src/models/given/inspect.ts';
import { systemFiles } from '../../../../src/system/disk/files.ts';
import type { RemoteAnswer, RemoteRequest } from '../../../../src/system/net/remote/remote.ts';
import { failureOf, tempFolder } from '../../../fakes/system/temp-folder.ts';

const MODEL = chatModel();
const URL = 'https://models.example/chat/tiny.gguf?download=1';

/** A server that answers a request for a range with these facts, and sends as much as is read. */
function serverOf(answer: Partial<Pick<RemoteAnswer, 'status' | 'headers'>>) {
  const requests: RemoteRequest[] = [];
  let sentBytes = 0;
  let isOpen = false;
  const remote: InspectDeps['remote'] = {
    async open(request) {
      requests.push(request);
      isOpen = true;
      return {
        status: 206,
        headers: {},
        ...answer,
        chunks: chunksOf(MODEL, (bytes) => (sentBytes += bytes)),
        [Symbol.dispose]: () => void (isOpen = false),
      };
    },
  };
  return { remote, requests, sentBytes: () => sentBytes, isOpen: () => isOpen };
}

async function* chunksOf(bytes: Uint8Array, onSent: (bytes: number) => void): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += 16 * 1024) {
    const chunk = bytes.subarray(at, at + 16 * 1024);
    onSent(chunk.byteLength);
    yield chunk;
  }
}

/** The disk of this machine, whose models all carry a chat template or none. */
const depsOf = (remote = serverOf({}).remote, template: boolean | undefined = true): InspectDeps => ({
  files: systemFiles,
  remote,
  hasPromptFormat: async () => template,
});

test('a file on this machine is known by its first bytes', async () => {
  await using folder = await tempFolder();
  await Bun.write(folder.at('tiny.gguf'), MODEL);
  expect(await inspectModel(folder.at('tiny.gguf'), depsOf())).toEqual({
    filename: 'tiny.gguf',
    sizeBytes: MODEL.byteLength,
    engine: 'llama-cpp',
    kind: 'llm',
  });
});

test.each(['missing.gguf', 'folder'])('%s is refused as no file to read', async (name) => {
  await using folder = await tempFolder();
  await mkdir(folder.at('folder'));
  expect(toWorkerError(await failureOf(inspectModel(folder.at(name), depsOf()))).code).toBe('cli.usage');
});

test('a file of no known format is refused with what to do instead', async () => {
  await using folder = await tempFolder();
  await Bun.write(folder.at('page.html'), '<!doctype html>');
  const error = toWorkerError(await failureOf(inspectModel(folder.at('page.html'), depsOf())));
  expect(error.code).toBe('cli.usage');
  expect(error.hint).toContain('flags');
});

test('a base model on this machine is refused, an unclear one taken', async () => {
  await using folder = await tempFolder();
  await Bun.write(folder.at('base.gguf'), MODEL);
  const refused = failureOf(inspectModel(folder.at('base.gguf'), depsOf(undefined, false)));
  expect(toWorkerError(await refused).message).toContain('chat template');
  expect((await inspectModel(folder.at('base.gguf'), depsOf(undefined, undefined))).kind).toBe('llm');
});

test('a file elsewhere is known by the range that its server sends', async () => {
  const server = serverOf({ headers: { 'content-range': 'bytes 0-65535/123456789' } });
  const found = await inspectModel(URL, depsOf(server.remote));
  expect(found).toMatchObject({ filename: 'tiny.gguf', sizeBytes: 123_456_789, engine: 'llama-cpp' });
  expect(server.requests[0]?.headers).toEqual({ range: 'bytes=0-65535' });
  expect(server.isOpen()).toBe(false);
});

test('a server without ranges is hung up on after the beginning', async () => {
  const server = serverOf({ status: 200, headers: { 'content-length': '123456789' } });
  expect((await inspectModel(URL, depsOf(server.remote))).sizeBytes).toBe(123_456_789);
  expect(server.sentBytes()).toBeLessThan(MODEL.byteLength);
  expect(server.isOpen()).toBe(false);
});

test('a server that does not tell a size leaves it open', async () => {
  expect((await inspectModel(URL, depsOf())).sizeBytes).toBe(undefined);
});

test.each([404, 416, 500])('an answer of %i is reported as a failed download', async (status) => {
  const error = toWorkerError(await failureOf(inspectModel(URL, depsOf(serverOf({ status }).remote))));
  expect(error.code).toBe('download.failed');
  expect(error.message).toContain(String(status));
});
