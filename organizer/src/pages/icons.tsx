import type { Child } from 'hono/jsx'

/** The logo: the O of Organizer with a dot for a day. */
export const Mark = () => (
  <svg class="mark" viewBox="0 0 32 32" aria-hidden="true">
    <rect class="mark-ground" width="32" height="32" rx="9" />
    <path class="mark-ring" d="M18.9 8.6A8 8 0 1 0 23.4 13.1" />
    <circle class="mark-day" cx="22.4" cy="9.6" r="4" />
  </svg>
)

const Icon = ({ children }: { children: Child }) => (
  <svg class="icon" viewBox="0 0 20 20" aria-hidden="true">
    {children}
  </svg>
)

export const Plus = () => (
  <Icon>
    <path d="M10 4v12M4 10h12" />
  </Icon>
)

export const Place = () => (
  <Icon>
    <path d="M10 17.5c3.6-3.6 5.5-6.3 5.5-9a5.5 5.5 0 0 0-11 0c0 2.7 1.9 5.4 5.5 9Z" />
    <circle cx="10" cy="8.5" r="1.9" />
  </Icon>
)

export const Clock = () => (
  <Icon>
    <circle cx="10" cy="10" r="7" />
    <path d="M10 6v4.3l2.8 1.7" />
  </Icon>
)

export const Account = () => (
  <Icon>
    <circle cx="10" cy="7" r="3.2" />
    <path d="M3.8 16.8c.7-3 3.2-4.6 6.2-4.6s5.5 1.6 6.2 4.6" />
  </Icon>
)

export const Laptop = () => (
  <Icon>
    <path d="M4 13.5V5.5A1.5 1.5 0 0 1 5.5 4h9A1.5 1.5 0 0 1 16 5.5v8M2 16h16" />
  </Icon>
)

export const Handheld = () => (
  <Icon>
    <rect x="5.5" y="2.5" width="9" height="15" rx="1.8" />
    <path d="M9 15h2" />
  </Icon>
)

export const Bin = () => (
  <Icon>
    <path d="M4 5.5h12M8 5.5V3.8h4v1.7M5.5 5.5l.7 10.7h7.6l.7-10.7M8.5 8.5v4.7M11.5 8.5v4.7" />
  </Icon>
)

export const Pencil = () => (
  <Icon>
    <path d="m4 16 .8-3.3 8.4-8.4a1.5 1.5 0 0 1 2.1 0l.4.4a1.5 1.5 0 0 1 0 2.1l-8.4 8.4L4 16Z" />
  </Icon>
)

export const Leave = () => (
  <Icon>
    <path d="M8 3.5H5.5a1.5 1.5 0 0 0-1.5 1.5v10a1.5 1.5 0 0 0 1.5 1.5H8M12.5 13.5 16 10l-3.5-3.5M16 10H8" />
  </Icon>
)

export const Check = () => (
  <Icon>
    <circle cx="10" cy="10" r="7.5" />
    <path d="m6.7 10.3 2.3 2.3 4.4-4.9" />
  </Icon>
)

export const Warning = () => (
  <Icon>
    <path d="M10 3 18 16.5H2L10 3ZM10 8.5v3.5M10 14.3v.1" />
  </Icon>
)

export const Info = () => (
  <Icon>
    <circle cx="10" cy="10" r="7.5" />
    <path d="M10 9.2v4.3M10 6.6v.1" />
  </Icon>
)

/** The picture for a list without events: an empty calendar. */
export const EmptyCalendar = () => (
  <svg class="empty-picture" viewBox="0 0 120 96" aria-hidden="true">
    <rect class="sheet" x="14" y="14" width="92" height="76" rx="12" />
    <path class="rule" d="M14 36h92M40 8v14M80 8v14" />
    <g class="days">
      <circle cx="34" cy="52" r="3.5" />
      <circle cx="52" cy="52" r="3.5" />
      <circle cx="70" cy="52" r="3.5" />
      <circle cx="88" cy="52" r="3.5" />
      <circle cx="34" cy="70" r="3.5" />
      <circle cx="52" cy="70" r="3.5" />
    </g>
    <circle class="day" cx="79" cy="68" r="9" />
    <path class="plus" d="M79 64v8M75 68h8" />
  </svg>
)
