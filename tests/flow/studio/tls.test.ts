import { expect } from 'bun:test';
import { createWorld } from '../../../src/compose.ts';
import type { StudioChoice } from '../../../src/cli/world/studio.ts';
import { toWorkerError } from '../../../src/base/errors.ts';
import { tempFolder } from '../../fakes/system/temp-folder.ts';
import { needs } from '../../needs.ts';

const withOpenssl = needs('openssl');

/** A certificate for 127.0.0.1 and its key. */
async function certificate(folder: {
  at(name: string): string;
}): Promise<{ readonly cert: string; readonly key: string }> {
  const [cert, key] = [folder.at('cert.pem'), folder.at('key.pem')];
  const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '2'];
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  Bun.spawnSync(['openssl', 'req', '-x509', ...curve, '-keyout', key, '-out', cert, ...subject]);
  return { cert: await Bun.file(cert).text(), key: await Bun.file(key).text() };
}

const choice = (dataDir: string, tls: StudioChoice['tls']): StudioChoice => ({
  host: '127.0.0.1',
  port: 0,
  dataDir,
  hostNames: [],
  database: undefined,
  artifacts: undefined,
  keepAuditMs: undefined,
  keepArtifactsMs: undefined,
  tls,
  trustsProxy: false,
  webhooksToPrivate: false,
  logFormat: 'json',
  logLevel: 'error',
});

withOpenssl('a studio with a certificate is reached by https, sockets included', async () => {
  await using folder = await tempFolder();
  const tls = await certificate(folder);
  const studio = await (await createWorld()).startStudio(choice(folder.at('data'), tls));
  expect(studio.url).toStartWith('https://127.0.0.1:');
  expect(studio.pageUrl()).toStartWith(studio.url);
  const trusting = { tls: { ca: tls.cert } };
  expect((await fetch(`${studio.url}/healthz`, trusting)).status).toBe(200);
  expect(await fetch(`${studio.url}/healthz`).catch((thrown: unknown) => String(thrown))).toContain('self signed');
  const socket = new WebSocket(`${studio.url.replace('https', 'wss')}/graphics/api/workers/w-1/connect`, {
    ...trusting,
    headers: { authorization: 'Bearer wrong' },
    protocols: ['studio-worker-v1'],
  } as unknown as string[]);
  const { promise, resolve } = Promise.withResolvers<string>();
  socket.addEventListener('error', (event) => resolve('message' in event ? String(event.message) : ''));
  expect(await promise).toContain('Expected 101 status code: 401'); // an answer of the studio, and none of TLS
  process.kill(process.pid, 'SIGTERM');
  await studio.ended;
});

withOpenssl('a key that is not that of the certificate is named as the fault', async () => {
  await using folder = await tempFolder();
  const [one, other] = [await certificate(folder), await certificate(folder)];
  const world = await createWorld();
  const started = world.startStudio(choice(folder.at('data'), { cert: one.cert, key: other.key })).catch(toWorkerError);
  expect(await started).toMatchObject({ code: 'studio.not-listening', hint: expect.stringContaining('--tls-cert') });
});
