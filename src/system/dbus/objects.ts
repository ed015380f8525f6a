import type { DbusBody } from './bus.ts';
import type { DbusMessage } from './message.ts';
import { type DbusValue, type DbusVariant, dictionary, textOf, typesOf } from './values.ts';

/** A method that others may call. It must not throw. */
export interface DbusMethod {
  /** Signatures of what it is called with, and of what it answers. */
  readonly takes: string;
  readonly gives: string;
  readonly call: (args: readonly DbusValue[]) => readonly DbusValue[];
}

/** What an object of ours shows to others under one name. */
export interface DbusInterface {
  readonly name: string;
  readonly methods: Readonly<Record<string, DbusMethod>>;
  /** Their signatures. */
  readonly signals: Readonly<Record<string, string>>;
  /** As they are now. */
  readonly properties: () => Readonly<Record<string, DbusVariant>>;
}

/** Interfaces by the path of their object. */
export type DbusObjects = Readonly<Record<string, readonly DbusInterface[]>>;

/**
 * Answers a call to one of our objects, with what every object has (D-Bus Specification, "Standard Interfaces"); undefined
 * where there is no such method.
 */
export function answerFrom(objects: DbusObjects, call: DbusMessage): DbusBody | undefined {
  const own = objects[call.path];
  if (own === undefined) return undefined;
  for (const { name, methods } of [...own, ...standard(own)]) {
    const method = methods[call.member];
    if (method === undefined || (call.interface !== '' && call.interface !== name)) continue;
    return method.takes === call.signature ? { signature: method.gives, body: method.call(call.body) } : undefined;
  }
  return undefined;
}

const method = (takes: string, gives: string, call: DbusMethod['call']): DbusMethod => ({ takes, gives, call });

function standard(own: readonly DbusInterface[]): readonly Pick<DbusInterface, 'name' | 'methods'>[] {
  const propertiesOf = (name: DbusValue | undefined) => own.find((one) => one.name === name)?.properties() ?? {};
  const nothing: DbusVariant = { type: 's', value: '' };
  return [
    {
      name: 'org.freedesktop.DBus.Properties',
      methods: {
        Get: method('ss', 'v', ([of, name]) => [propertiesOf(of)[textOf(name)] ?? nothing]),
        GetAll: method('s', 'a{sv}', ([of]) => [dictionary(propertiesOf(of))]),
      },
    },
    {
      name: 'org.freedesktop.DBus.Introspectable',
      methods: { Introspect: method('', 's', () => [introspection(own)]) },
    },
    { name: 'org.freedesktop.DBus.Peer', methods: { Ping: method('', '', () => []) } },
  ];
}

const DOCTYPE =
  '<!DOCTYPE node PUBLIC "-//freedesktop//DTD D-BUS Object Introspection 1.0//EN" ' +
  '"http://www.freedesktop.org/standards/dbus/1.0/introspect.dtd">';

const introspection = (own: readonly DbusInterface[]): string =>
  [DOCTYPE, '<node>', ...own.flatMap(describe), '</node>', ''].join('\n');

/** Signatures hold nothing that XML would read as its own. */
function describe({ name, methods, signals, properties }: DbusInterface): readonly string[] {
  const args = (signature: string, direction: string): string =>
    typesOf(signature)
      .map((type) => `<arg type="${type}"${direction}/>`)
      .join('');
  return [
    `<interface name="${name}">`,
    ...Object.entries(methods).map(
      ([member, { takes, gives }]) =>
        `<method name="${member}">${args(takes, ' direction="in"')}${args(gives, ' direction="out"')}</method>`,
    ),
    ...Object.entries(signals).map(([member, type]) => `<signal name="${member}">${args(type, '')}</signal>`),
    ...Object.entries(properties()).map(
      ([member, { type }]) => `<property name="${member}" type="${type}" access="read"/>`,
    ),
    '</interface>',
  ];
}
