import { type KeySpec, opaque, token } from './key-types.ts';

/** Keys that the worker writes itself with its registration. It follows edits of them, and no form shows them. */
export const REGISTRATION_KEYS = {
  worker_id: {
    group: undefined,
    type: opaque,
    applies: 'live',
    sentence: 'Id that the studio assigned to this worker.',
  },
  auth_token: {
    group: undefined,
    type: token,
    secret: true,
    applies: 'live',
    sentence: 'Token that this worker presents to the studio.',
  },
  install_id: {
    group: undefined,
    type: opaque,
    applies: 'live',
    sentence: 'Id that this installation generated for itself.',
  },
  registration_request_id: {
    group: undefined,
    type: opaque,
    applies: 'live',
    sentence: 'Id of the registration request that is waiting for approval.',
  },
  registration_secret: {
    group: undefined,
    type: token,
    secret: true,
    applies: 'live',
    sentence: 'Proof that the registration request is ours.',
  },
} as const satisfies Record<string, KeySpec>;
