export const useUser = () => useState('user', () => useRequestEvent()?.context.session.userId)
