import type { VNode } from 'preact'
import type { IconName } from './words.ts'

/** Shapes differ, not only colours. Always beside a word, so they are hidden from screen readers. */
const PATHS: Readonly<Record<IconName, string>> = {
  bolt: 'M9.5 1 3 9.200h4L6 15l7-8.500H8.800z',
  pause: 'M4 3h3v10H4zM9 3h3v10H9z',
  plug: 'M5 1h1.800v4h2.400V1H11v4h1.500v2.500A4.500 4.500 0 0 1 9 11.900V15H7v-3.100a4.500 4.500 0 0 1-3.500-4.400V5H5z',
  check: 'm2.300 8.500 1.500-1.500 2.900 2.900 5.600-5.800 1.500 1.400-7.100 7.400z',
  circle:
    'M8 2.200a5.800 5.800 0 1 0 0 11.600A5.800 5.800 0 0 0 8 2.200m0 2a3.800 3.800 0 1 1 0 7.600 3.800 3.800 0 0 1 0-7.600',
  cross:
    'm3.600 2.200 4.400 4.400 4.400-4.400 1.400 1.400L9.400 8l4.400 4.400-1.400 1.400L8 9.400l-4.400 4.400-1.400-1.400L6.600 8 2.200 3.600z',
  warning: 'M8 1.200 15.500 14.500H.5zM7.100 6v4.200h1.800V6zm0 5.300v1.800h1.800v-1.800z',
}

export function Icon({ name }: { readonly name: IconName }): VNode {
  return (
    <svg class="icon" viewBox="0 0 16 16" aria-hidden="true">
      <path d={PATHS[name]} fill-rule="evenodd" />
    </svg>
  )
}
