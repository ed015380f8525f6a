import { type Bus, BUS, openBus } from '../../../src/system/dbus/bus.ts';
import { type DbusValue, isVariant, listOf, textOf } from '../../../src/system/dbus/values.ts';
import { systemClock } from '../../../src/system/clock.ts';

const NAME = 'org.freedesktop.Notifications';

export interface ShownNotice {
  readonly id: number;
  readonly title: string;
  readonly body: string;
  readonly actions: readonly DbusValue[];
  readonly hints: ReadonlyMap<string, DbusValue>;
}

/** What a desktop that shows notifications does. */
export interface NotificationServer extends Disposable {
  readonly shown: readonly ShownNotice[];
  click(id: number): void;
}

export async function notificationServer(path: string): Promise<NotificationServer> {
  const shown: ShownNotice[] = [];
  const bus: Bus = await openBus(path, {
    clock: systemClock,
    limitMs: 5_000,
    answer: ({ member, body: [, , , title, body, actions, hints] }) => {
      if (member !== 'Notify') return undefined;
      const id = shown.length + 1;
      const pairs = listOf(hints).map((pair) => {
        const [name, value] = listOf(pair);
        return [textOf(name), isVariant(value) ? value.value : ''] as const;
      });
      shown.push({ id, title: textOf(title), body: textOf(body), actions: listOf(actions), hints: new Map(pairs) });
      return { signature: 'u', body: [id] };
    },
  });
  bus.stay();
  await bus.call({ ...BUS, member: 'RequestName', signature: 'su', body: [NAME, 0] });
  return {
    shown,
    click: (id) =>
      bus.emit({
        path: '/org/freedesktop/Notifications',
        interface: NAME,
        member: 'ActionInvoked',
        signature: 'us',
        body: [id, 'default'],
      }),
    [Symbol.dispose]: () => bus[Symbol.dispose](),
  };
}
