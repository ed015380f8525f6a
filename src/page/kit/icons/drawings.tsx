import type { ComponentChildren } from 'preact';

/** Line drawings in a square of 16 by 16, in the text's colour. */
export const ICONS = {
  about: (
    <>
      <circle cx="8" cy="8" r="6" />
      <path d="M8 7.4v3.4M8 5.1v.1" />
    </>
  ),
  audio_stt: (
    <>
      <rect x="5.9" y="1.75" width="4.2" height="7.5" rx="2.1" />
      <path d="M3.25 7.5a4.75 4.75 0 0 0 9.5 0M8 12.25v2" />
    </>
  ),
  audio_tts: (
    <>
      <path d="M2 6.25v3.5h2.4L8 12.8V3.2L4.4 6.25zM10.4 6a2.9 2.9 0 0 1 0 4M12.4 4a5.7 5.7 0 0 1 0 8" />
    </>
  ),
  back: (
    <>
      <path d="M10 3.5 5.5 8l4.5 4.5" />
    </>
  ),
  cancelled: (
    <>
      <circle cx="8" cy="8" r="6" />
      <path d="m4 12 8-8" />
    </>
  ),
  check: (
    <>
      <path d="M3 8.4 6.5 12 13 4.6" />
    </>
  ),
  chevron: (
    <>
      <path d="m6 3.5 4.5 4.5L6 12.5" />
    </>
  ),
  clock: (
    <>
      <circle cx="8" cy="8" r="6" />
      <path d="M8 4.75V8l2.2 1.6" />
    </>
  ),
  config: (
    <>
      <path d="M2 4.75h5.5M11.5 4.75H14M2 11.25h2.5M8.5 11.25H14" />
      <circle cx="9.5" cy="4.75" r="1.9" />
      <circle cx="6.5" cy="11.25" r="1.9" />
    </>
  ),
  copy: (
    <>
      <rect x="5.5" y="5.5" width="8" height="8" rx="1.5" />
      <path d="M10.5 5.3V4A1.5 1.5 0 0 0 9 2.5H4A1.5 1.5 0 0 0 2.5 4v5A1.5 1.5 0 0 0 4 10.5h1.3" />
    </>
  ),
  done: (
    <>
      <circle cx="8" cy="8" r="6" />
      <path d="M5.4 8.2 7.2 10l3.5-3.9" />
    </>
  ),
  down: (
    <>
      <path d="M8 2.25V10M4.7 7 8 10.25 11.3 7M2.75 13.5h10.5" />
    </>
  ),
  end: (
    <>
      <path d="M8 2.5v8M4.5 7.5 8 11l3.5-3.5M3 13.5h10" />
    </>
  ),
  expand: (
    <>
      <path d="M9.5 2.5h4v4M13.3 2.7 9.3 6.7M6.5 13.5h-4v-4M2.7 13.3l4-4" />
    </>
  ),
  external: (
    <>
      <path d="M6.5 3.5H3.75a1.25 1.25 0 0 0-1.25 1.25v7.5a1.25 1.25 0 0 0 1.25 1.25h7.5a1.25 1.25 0 0 0 1.25-1.25V9.5M9.5 2.5h4v4M13.3 2.7 7.8 8.2" />
    </>
  ),
  eye: (
    <>
      <path d="M1.5 8S4 3.5 8 3.5 14.5 8 14.5 8 12 12.5 8 12.5 1.5 8 1.5 8z" />
      <circle cx="8" cy="8" r="1.9" />
    </>
  ),
  failed: (
    <>
      <path d="M5.5 2h5L14 5.5v5L10.5 14h-5L2 10.5v-5zM6 6l4 4M10 6l-4 4" />
    </>
  ),
  folder: (
    <>
      <path d="M1.75 4.25A1.25 1.25 0 0 1 3 3h3l1.5 1.75H13A1.25 1.25 0 0 1 14.25 6v5.75A1.25 1.25 0 0 1 13 13H3a1.25 1.25 0 0 1-1.25-1.25z" />
    </>
  ),
  image: (
    <>
      <rect x="2" y="2.5" width="12" height="11" rx="1.75" />
      <circle cx="5.6" cy="6" r="1.1" />
      <path d="m2.5 11.6 3.4-3 2.4 2 2.4-2.6 3 3" />
    </>
  ),
  info: (
    <>
      <circle cx="8" cy="8" r="6" />
      <path d="M8 7.4v3.4M8 5.1v.1" />
    </>
  ),
  jobs: (
    <>
      <rect x="2" y="6" width="12" height="7.5" rx="1.5" />
      <path d="M3.8 3.6h8.4" />
    </>
  ),
  llm: (
    <>
      <path d="M4 2.75h8a1.75 1.75 0 0 1 1.75 1.75v4.75A1.75 1.75 0 0 1 12 11H8.2L5 13.6V11H4a1.75 1.75 0 0 1-1.75-1.75V4.5A1.75 1.75 0 0 1 4 2.75z" />
    </>
  ),
  logs: (
    <>
      <path d="M2.5 3.75h11M2.5 8h7.5M2.5 12.25h9.5" />
    </>
  ),
  mesh: (
    <>
      <path d="M8 1.8 13.4 4.9v6.2L8 14.2l-5.4-3.1V4.9zM2.8 5 8 8l5.2-3M8 8v6" />
    </>
  ),
  models: (
    <>
      <path d="M8 2 14 5 8 8 2 5zM2.3 8.2 8 11l5.7-2.8M2.3 11.2 8 14l5.7-2.8" />
    </>
  ),
  more: (
    <>
      <path d="M3.5 8h.01M8 8h.01M12.5 8h.01" stroke-width="2.25" />
    </>
  ),
  open: (
    <>
      <path d="m3.5 6 4.5 4.5L12.5 6" />
    </>
  ),
  overview: (
    <>
      <rect x="2.25" y="2.25" width="5" height="6.5" rx="1.2" />
      <rect x="8.75" y="2.25" width="5" height="3.5" rx="1.2" />
      <rect x="2.25" y="10.25" width="5" height="3.5" rx="1.2" />
      <rect x="8.75" y="7.25" width="5" height="6.5" rx="1.2" />
    </>
  ),
  pause: (
    <>
      <path d="M5.5 3.5v9M10.5 3.5v9" />
    </>
  ),
  play: (
    <>
      <path d="M5 3.2v9.6L12.4 8z" />
    </>
  ),
  plus: (
    <>
      <path d="M8 3v10M3 8h10" />
    </>
  ),
  projects: (
    <>
      <path d="M4.25 2.5h7.5" />
      <path d="M1.75 6A1.25 1.25 0 0 1 3 4.75h3l1.5 1.5H13a1.25 1.25 0 0 1 1.25 1.25v4.75A1.25 1.25 0 0 1 13 13.5H3a1.25 1.25 0 0 1-1.25-1.25z" />
    </>
  ),
  retry: (
    <>
      <path d="M13.2 8A5.2 5.2 0 1 1 11.6 4.3M13.2 2v3h-3" />
    </>
  ),
  search: (
    <>
      <circle cx="7" cy="7" r="4.5" />
      <path d="m10.4 10.4 3.3 3.3" />
    </>
  ),
  status: (
    <>
      <path d="M1.5 8.5h2.8l2-5.2 3.4 9.4 2-4.2h2.8" />
    </>
  ),
  trash: (
    <>
      <path d="M2.75 4.5h10.5M6 4.3V2.75h4V4.3M4.2 4.5l.7 9h6.2l.7-9" />
    </>
  ),
  undo: (
    <>
      <path d="M2.8 5.5h6.7a3.75 3.75 0 0 1 0 7.5H6M5.6 2.7 2.8 5.5l2.8 2.8" />
    </>
  ),
  verify: (
    <>
      <path d="M8 1.8 13.2 3.7v4c0 3.2-2.2 5.4-5.2 6.5-3-1.1-5.2-3.3-5.2-6.5v-4zM5.6 8l1.7 1.7 3.1-3.4" />
    </>
  ),
  video: (
    <>
      <rect x="1.75" y="3.5" width="8.75" height="9" rx="1.5" />
      <path d="m10.5 7.2 3.75-2.4v6.4L10.5 8.8z" />
    </>
  ),
  warn: (
    <>
      <path d="M8 2.3 14.4 13.4H1.6zM8 6.6v3M8 11.5v.1" />
    </>
  ),
  workers: (
    <>
      <rect x="1.75" y="2.75" width="12.5" height="8.5" rx="1.5" />
      <path d="M5.5 13.5h5M8 11.25v2.25" />
    </>
  ),
  x: (
    <>
      <path d="m4 4 8 8M12 4l-8 8" />
    </>
  ),
} as const satisfies Record<string, ComponentChildren>;
