import { adapterSuite } from './suite/suite.ts'
import { express5Host } from './suite/hosts/express.ts'

adapterSuite(express5Host)
