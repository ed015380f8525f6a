import { dlopen, ptr } from 'bun:ffi';
import { rmSync } from 'node:fs';

/** A unix datagram socket, as a service manager listens on; the runtime has none. */
export interface Datagrams extends Disposable {
  /** What came since the last call, in order. */
  received(): readonly string[];
}

const libc = dlopen('libc.so.6', {
  socket: { args: ['i32', 'i32', 'i32'], returns: 'i32' },
  bind: { args: ['i32', 'ptr', 'u32'], returns: 'i32' },
  recv: { args: ['i32', 'ptr', 'u64', 'i32'], returns: 'i64' },
  close: { args: ['i32'], returns: 'i32' },
}).symbols;

const [AF_UNIX, SOCK_DGRAM, MSG_DONTWAIT] = [1, 2, 0x40];

/** Listens on a path, or on an abstract name that begins with `@`. */
export function listenForDatagrams(name: string): Datagrams {
  const path = Buffer.from(name);
  if (name.startsWith('@')) path[0] = 0;
  const address = new Uint8Array([AF_UNIX, 0, ...path]);
  const socket = libc.socket(AF_UNIX, SOCK_DGRAM, 0);
  if (libc.bind(socket, ptr(address), address.byteLength) !== 0) throw new Error(`cannot listen on ${name}`);
  return {
    received() {
      const all: string[] = [];
      const buffer = new Uint8Array(65_536);
      for (;;) {
        const count = Number(libc.recv(socket, ptr(buffer), buffer.byteLength, MSG_DONTWAIT));
        if (count < 0) return all;
        all.push(Buffer.from(buffer.subarray(0, count)).toString());
      }
    },
    [Symbol.dispose]() {
      libc.close(socket);
      if (!name.startsWith('@')) rmSync(name, { force: true });
    },
  };
}
