import { express5Host } from './suite/hosts/express.ts'
import { soakSuite } from './suite/soak.ts'

soakSuite(express5Host)
