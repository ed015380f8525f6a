import { systemClock } from '../../../src/system/clock.ts';
import { createRemote, type RemoteOptions } from '../../../src/system/net/remote/remote-client.ts';
import type { Remote } from '../../../src/system/net/remote/remote.ts';

/** A client for the open network, without a proxy. */
export const aRemote = (about: Partial<RemoteOptions> = {}): Remote =>
  createRemote({ clock: systemClock, env: () => undefined, userAgent: 'test', allowPrivate: () => false, ...about });
