import { createSessions } from 'sojourn'
import { sojourn } from 'sojourn/node'
import { redisStore } from 'sojourn/redis'
import { sqliteStore } from 'sojourn/sqlite'
import { serve } from '../node-app.mjs'

serve({ createSessions, sojourn, sqliteStore, redisStore })
