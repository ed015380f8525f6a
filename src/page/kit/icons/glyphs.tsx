import type { ComponentChildren } from 'preact';

/** Shapes of states, the same as in the tray. */
export const GLYPHS = {
  busy: (
    <>
      <rect x="1.5" y="1.5" width="13" height="13" rx="3.25" fill="currentColor" />
      <path class="ink" d="M6.6 5.2v5.6L11 8z" />
    </>
  ),
  draining: (
    <>
      <rect x="2.2" y="2.2" width="11.6" height="11.6" rx="2.75" fill="none" stroke="currentColor" stroke-width="1.6" />
      <path
        d="M8 4.9v3.7M6.2 7.1 8 8.9l1.8-1.8M5.6 11h4.8"
        fill="none"
        stroke="currentColor"
        stroke-width="1.5"
        stroke-linecap="round"
        stroke-linejoin="round"
      />
    </>
  ),
  idle: (
    <>
      <circle cx="8" cy="8" r="7" fill="currentColor" />
      <path class="ink" d="M4.9 8.2 7 10.3 11.1 5.8" />
    </>
  ),
  offline: (
    <>
      <path
        d="M8 1.6 14.4 8 8 14.4 1.6 8z"
        fill="currentColor"
        stroke="currentColor"
        stroke-width="1.6"
        stroke-linejoin="round"
      />
      <path class="ink" d="m5.8 5.8 4.4 4.4M10.2 5.8l-4.4 4.4" />
    </>
  ),
  paused: (
    <>
      <circle cx="8" cy="8" r="6.1" fill="none" stroke="currentColor" stroke-width="1.6" />
      <path d="M6.4 5.8v4.4M9.6 5.8v4.4" fill="none" stroke="currentColor" stroke-width="1.7" stroke-linecap="round" />
    </>
  ),
  rejected: (
    <>
      <path d="M5.3 1.2h5.4l4.1 4.1v5.4l-4.1 4.1H5.3l-4.1-4.1V5.3z" fill="currentColor" />
      <path class="ink" d="m5.8 5.8 4.4 4.4M10.2 5.8l-4.4 4.4" />
    </>
  ),
  unregistered: (
    <>
      <circle cx="8" cy="8" r="6.1" fill="none" stroke="currentColor" stroke-width="1.6" stroke-dasharray="2.6 2.19" />
      <path d="M8 5.6v4.8M5.6 8h4.8" fill="none" stroke="currentColor" stroke-width="1.6" stroke-linecap="round" />
    </>
  ),
  waiting: (
    <>
      <circle cx="8" cy="8" r="6.1" fill="none" stroke="currentColor" stroke-width="1.6" stroke-dasharray="2.6 2.19" />
      <path
        d="M8 4.9V8l2 1.4"
        fill="none"
        stroke="currentColor"
        stroke-width="1.6"
        stroke-linecap="round"
        stroke-linejoin="round"
      />
    </>
  ),
} as const satisfies Record<string, ComponentChildren>;
