import type { NextConfig } from 'next'

// This folder is the root, although a folder above it has a lock file too.
const config: NextConfig = { turbopack: { root: import.meta.dirname } }
export default config
