import { createServer, type Socket } from 'node:net';

/** A peer that speaks raw TCP, so that it can do what no HTTP server would. */
export async function rawPeer(onSocket: (socket: Socket, received: () => string) => void) {
  const closed = Promise.withResolvers<void>();
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    const chunks: Buffer[] = [];
    socket.on('data', (chunk) => void chunks.push(Buffer.from(chunk)));
    socket.on('error', () => {}); // resets are what these tests are about
    socket.on('close', () => closed.resolve());
    onSocket(socket, () => Buffer.concat(chunks).toString('latin1'));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}/complete`,
    port,
    /** The peer saw the connection end. */
    closed: closed.promise,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
