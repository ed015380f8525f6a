import { expect } from 'bun:test';
import { writeFile } from 'node:fs/promises';
import { tempFolder, within } from '../../fakes/system/temp-folder.ts';
import { needs } from '../../needs.ts';

const SOURCES = `${import.meta.dir}/../../../src`;

/** A certificate of our own for localhost; a process trusts it when told to at its start. */
async function setup() {
  const folder = await tempFolder();
  const flags = '-x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost';
  const files = ['-keyout', folder.at('key.pem'), '-out', folder.at('cert.pem')];
  const made = Bun.spawnSync(['openssl', 'req', ...flags.split(' '), ...files]);
  expect(made.exitCode).toBe(0);
  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    tls: { key: Bun.file(folder.at('key.pem')), cert: Bun.file(folder.at('cert.pem')) },
    fetch: (request, self) =>
      self.upgrade(request, { data: undefined, headers: { 'sec-websocket-protocol': 'studio-worker-v1' } })
        ? undefined
        : new Response('no', { status: 400 }),
    websocket: { open: (socket) => void socket.send('hello'), message: () => {} },
  });
  return {
    folder,
    port: server.port,
    async [Symbol.asyncDispose]() {
      await server.stop(true);
      await folder[Symbol.asyncDispose]();
    },
  };
}

needs('openssl')('the first thing a process does may be a secure handshake', async () => {
  await using at = await setup();
  const program = `
    import { createSockets } from '${SOURCES}/system/net/sockets.ts';
    import { systemClock } from '${SOURCES}/system/clock.ts';
    const sockets = createSockets({ clock: systemClock, env: () => undefined });
    sockets.connect({ url: 'wss://localhost:${at.port}/', headers: {}, protocol: 'studio-worker-v1' }, {
      onOpened: () => {}, onBinary: () => {},
      onText: (text) => { console.log(text); process.exit(0); },
      onClosed: ({ code, reason }) => { console.log(code, reason); process.exit(1); },
    });`;
  await writeFile(at.folder.at('call.ts'), program);
  const child = Bun.spawn([process.execPath, at.folder.at('call.ts')], {
    env: { PATH: process.env['PATH'] ?? '', NODE_EXTRA_CA_CERTS: at.folder.at('cert.pem') },
    stdout: 'pipe',
  });
  expect(await within(10_000, 'the child', new Response(child.stdout).text())).toBe('hello\n');
});
