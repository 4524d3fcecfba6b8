// A volume plugin for the tests: storage that every engine of the sandbox reaches. A volume is a folder of the machine on which they all run.
// What it speaks: https://docs.docker.com/engine/extend/plugins_volume/
//
// Each engine has a plugin of its own, so it remembers nothing but what stands in the shared folder: NAME/ are a volume's data, NAME.json are the
// options that it was made with. OWNER is the number of the user to whom new volumes belong.
package main

import (
	"encoding/json"
	"errors"
	"io/fs"
	"log"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Where volume-plugin.ts has the engine mount the shared folder, and where the engine looks for the socket.
const (
	shared = "/volumes/shared"
	socket = "/run/docker/plugins/shared.sock"
)

type request struct {
	Name string
	Opts map[string]string
}

type volume struct {
	Name       string
	Mountpoint string
}

type answer struct {
	Err          string
	Mountpoint   string            `json:",omitempty"`
	Volume       *volume           `json:",omitempty"`
	Volumes      []volume          `json:",omitempty"`
	Capabilities map[string]string `json:",omitempty"`
}

func main() {
	owner, err := strconv.Atoi(os.Getenv("OWNER"))
	if err != nil {
		log.Fatal("OWNER must be the number of a user: ", err)
	}
	http.HandleFunc("/Plugin.Activate", func(response http.ResponseWriter, _ *http.Request) {
		_, _ = response.Write([]byte(`{"Implements": ["VolumeDriver"]}`))
	})
	handle("Capabilities", func(request) (answer, error) {
		return answer{Capabilities: map[string]string{"Scope": "global"}}, nil
	})
	handle("Create", func(asked request) (answer, error) { return answer{}, create(asked, owner) })
	handle("Remove", func(asked request) (answer, error) {
		folder := folderOf(asked.Name)
		return answer{}, errors.Join(os.RemoveAll(folder), os.Remove(folder+".json"))
	})
	handle("Get", func(asked request) (answer, error) {
		folder := folderOf(asked.Name)
		_, err := os.Stat(folder)
		return answer{Volume: &volume{asked.Name, folder}}, err
	})
	handle("List", func(request) (answer, error) {
		files, err := filepath.Glob(folderOf("*.json"))
		volumes := []volume{}
		for _, file := range files {
			name := strings.TrimSuffix(filepath.Base(file), ".json")
			volumes = append(volumes, volume{name, folderOf(name)})
		}
		return answer{Volumes: volumes}, err
	})
	mountpoint := func(asked request) (answer, error) { return answer{Mountpoint: folderOf(asked.Name)}, nil }
	handle("Path", mountpoint)
	handle("Mount", mountpoint)
	handle("Unmount", func(request) (answer, error) { return answer{}, nil })

	listener, err := net.Listen("unix", socket)
	if err != nil {
		log.Fatal(err)
	}
	log.Fatal(http.Serve(listener, nil))
}

// handle answers one of the engine's calls; some of them come without a body.
func handle(call string, work func(request) (answer, error)) {
	http.HandleFunc("/VolumeDriver."+call, func(response http.ResponseWriter, incoming *http.Request) {
		var asked request
		_ = json.NewDecoder(incoming.Body).Decode(&asked)
		answered, err := work(asked)
		if err != nil {
			answered = answer{Err: err.Error()}
		}
		_ = json.NewEncoder(response).Encode(answered)
	})
}

func folderOf(name string) string {
	return filepath.Join(shared, name)
}

// create makes a volume, unless another engine's plugin has.
func create(asked request, owner int) error {
	folder := folderOf(asked.Name)
	if err := os.Mkdir(folder, 0o750); err != nil {
		if errors.Is(err, fs.ErrExist) {
			return nil
		}
		return err
	}
	options, err := json.Marshal(asked.Opts)
	return errors.Join(err, os.Chown(folder, owner, owner), os.WriteFile(folder+".json", options, 0o644))
}
