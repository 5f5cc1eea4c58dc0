import { adapterSuite } from '../suites/adapters/suite.ts'
import { express5Host } from '../suites/adapters/hosts/express.ts'

adapterSuite(express5Host)
