import { createConnection, createServer, type Socket } from 'node:net';
import { pause } from '../../../../src/base/pause.ts';
import { systemClock } from '../../../../src/system/clock.ts';
import type { Random } from '../../../../src/system/random.ts';

/** A load balancer on TCP whose connections break as lines do. */
export interface FaultyLine extends AsyncDisposable {
  readonly url: string;
  /** Each connection that is open now is hit with this chance: it ends, both sides see a reset. */
  cut(chance: number): void;
  /** As `cut`, but nothing passes any more and neither side sees anything: a half-open line. */
  freeze(chance: number): void;
  /** Every chunk waits that long from now on. Milliseconds. */
  delay(ms: number): void;
}

interface Connection {
  readonly ends: readonly [Socket, Socket];
  frozen: boolean;
}

/** Each new connection goes to one of the ports, by chance. */
export async function openFaultyLine(ports: readonly number[], random: Random): Promise<FaultyLine> {
  const open = new Set<Connection>();
  let delayMs = 0;
  const server = createServer((client) => {
    const port = ports[Math.floor(random.unit() * ports.length)] ?? 0;
    const connection: Connection = { ends: [client, createConnection({ host: '127.0.0.1', port })], frozen: false };
    open.add(connection);
    const [near, far] = connection.ends;
    carry(connection, near, far);
    carry(connection, far, near);
  });
  function carry(connection: Connection, from: Socket, to: Socket): void {
    from.setNoDelay(true);
    from.on('error', () => {}); // resets are what this is about
    from.on('data', (chunk) => {
      from.pause();
      void pause(systemClock, delayMs).then(() => {
        if (connection.frozen) return; // its reader stays paused, and so does the sender before long
        to.write(chunk, () => from.resume());
      });
    });
    from.on('close', () => {
      if (connection.frozen) return;
      open.delete(connection);
      to.destroy();
    });
  }
  const hit = (chance: number): readonly Connection[] =>
    [...open].filter(({ frozen }) => !frozen && random.unit() < chance);
  const end = (connection: Connection): void => {
    open.delete(connection);
    for (const socket of connection.ends) socket.resetAndDestroy();
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`,
    cut: (chance) => hit(chance).forEach(end),
    freeze: (chance) => {
      for (const connection of hit(chance)) {
        connection.frozen = true;
        for (const socket of connection.ends) socket.pause();
      }
    },
    delay: (ms) => void (delayMs = ms),
    async [Symbol.asyncDispose]() {
      for (const connection of open) end(connection);
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
