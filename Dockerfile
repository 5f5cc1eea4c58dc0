FROM node:24-slim AS build
WORKDIR /app
COPY . .
# It installs what the lock file names, and compiles. Only the build needs the compiler, which the organizer depends on.
RUN npm run build && npm prune --omit=dev --ignore-scripts && rm -r node_modules/typescript node_modules/@typescript node_modules/@types

FROM node:24-slim
WORKDIR /app
ENV NODE_ENV=production
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY --from=build /app/organizer/package.json organizer/
COPY --from=build /app/organizer/dist organizer/dist
COPY --from=build /app/organizer/public organizer/public
RUN mkdir .data && chown node:node .data
USER node
EXPOSE 5000
# Not by npm, which would not hand on the signal to stop.
CMD ["node", "organizer/dist/main.js"]
