import {
  type DbusCall,
  type DbusMessage,
  type DbusValue,
  decodeMessage,
  encodeCall,
  ERROR,
  HEAD_BYTES,
  messageBytes,
  METHOD_RETURN,
} from './dbus-message.ts';
import { noIdleTime } from './source.ts';
import { type DialogueOptions, openDialogue, type UnixDialogue } from './unix-dialogue.ts';

/** A connection to a message bus, for one question after the other. */
export interface Bus extends Disposable {
  /** The first value of the answer; undefined when it has none. Rejects with the name of the error that came. */
  call(call: DbusCall): Promise<DbusValue | undefined>;
}

const HELLO: DbusCall = {
  destination: 'org.freedesktop.DBus',
  path: '/org/freedesktop/DBus',
  interface: 'org.freedesktop.DBus',
  member: 'Hello',
};

/** Connects as this account. Dispose of it after use. */
export async function openBus(path: string, options: DialogueOptions): Promise<Bus> {
  const dialogue = openDialogue(path, options);
  let serial = 0;
  const bus: Bus = {
    async call(call) {
      dialogue.send(encodeCall(++serial, call));
      const { type, errorName, value } = await replyTo(dialogue, serial);
      if (type === ERROR) throw noIdleTime(errorName);
      return value;
    },
    [Symbol.dispose]: () => dialogue[Symbol.dispose](),
  };
  try {
    await authenticate(dialogue);
    await bus.call(HELLO);
    return bus;
  } catch (thrown) {
    dialogue[Symbol.dispose]();
    throw thrown;
  }
}

/** The kernel tells the bus who we are; it only has to be the same as we say. */
async function authenticate(dialogue: UnixDialogue): Promise<void> {
  const uid = Buffer.from(String(process.getuid?.() ?? 0)).toString('hex');
  dialogue.send(Buffer.from(`\0AUTH EXTERNAL ${uid}\r\n`));
  const answer = await dialogue.receiveLine();
  if (!answer.startsWith('OK ')) throw noIdleTime('the bus does not admit this account');
  dialogue.send(Buffer.from('BEGIN\r\n'));
}

/** Signals that come in between are for nobody here. */
async function replyTo(dialogue: UnixDialogue, serial: number): Promise<DbusMessage> {
  for (;;) {
    const head = await dialogue.receive(HEAD_BYTES);
    const rest = await dialogue.receive(messageBytes(head) - HEAD_BYTES);
    const message = decodeMessage(Buffer.concat([head, rest]));
    const isAnswer = message.type === METHOD_RETURN || message.type === ERROR;
    if (isAnswer && message.replyTo === serial) return message;
  }
}

/** The unix sockets that an address of a bus names, the preferred one first. */
export function socketPathsOf(address: string): readonly string[] {
  return address.split(';').flatMap((one) => {
    const [, kind, escaped = ''] = /^unix:(?:[^;]*,)?(path|abstract)=([^,]+)/.exec(one) ?? [];
    if (kind === undefined) return [];
    try {
      const path = decodeURIComponent(escaped);
      return [kind === 'abstract' ? `\0${path}` : path];
    } catch {
      return []; // no address that a bus would print
    }
  });
}
