// Probe is what the cases run in pods: it serves its own name, asks another, dials, or is a client with a token.
package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"time"
)

func main() {
	if len(os.Args) < 3 {
		fail(fmt.Errorf("usage: probe serve ADDRESS | get URL | dial ADDRESS | status URL | follow FOLDER"))
	}
	verb, target := os.Args[1], os.Args[2]
	switch verb {
	case "serve":
		fail(serve(target))
	case "get":
		fail(get(target))
	case "dial":
		fail(dial(target))
	case "status":
		fail(status(target))
	case "follow":
		fail(follow(target))
	default:
		fail(fmt.Errorf("no verb %q", verb))
	}
}

func fail(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func serve(address string) error {
	name, err := os.Hostname()
	if err != nil {
		return err
	}
	fmt.Println(name, "serves")
	return http.ListenAndServe(address, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintln(w, name)
	}))
}

func get(url string) error {
	client := http.Client{Timeout: 5 * time.Second}
	answer, err := client.Get(url)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	_, err = io.Copy(os.Stdout, answer.Body)
	return err
}

// dial prints how long the answer took, whatever it was.
func dial(address string) error {
	start := time.Now()
	connection, err := net.DialTimeout("tcp", address, 10*time.Second)
	fmt.Println(time.Since(start).Milliseconds(), "ms")
	if err == nil {
		connection.Close()
	}
	return err
}
