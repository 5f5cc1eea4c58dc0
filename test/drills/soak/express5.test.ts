import { express5Host } from '../../suites/adapters/hosts/express.ts'
import { soakSuite } from '../../suites/adapters/soak.ts'

soakSuite(express5Host)
