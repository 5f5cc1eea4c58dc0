export default defineEventHandler(() => 'plain')
