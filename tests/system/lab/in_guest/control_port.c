#include "control_port.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

static int HasName(const char* port, const char* wanted) {
  char path[300];
  char name[128] = "";
  snprintf(path, sizeof path, "/sys/class/virtio-ports/%.200s/name", port);
  FILE* file = fopen(path, "re");
  if (file == NULL) return 0;
  const int read = fgets(name, sizeof name, file) != NULL;
  fclose(file);
  name[strcspn(name, "\n")] = '\0';
  return read && strcmp(name, wanted) == 0;
}

int OpenControlPort(const char* name, int flags) {
  DIR* ports = opendir("/sys/class/virtio-ports");
  if (ports == NULL) return -1;
  int port = -1;
  for (struct dirent* entry = readdir(ports); entry != NULL && port < 0; entry = readdir(ports)) {
    if (!HasName(entry->d_name, name)) continue;
    char node[300];
    snprintf(node, sizeof node, "/dev/%.200s", entry->d_name);
    port = open(node, flags);
  }
  closedir(ports);
  return port;
}
