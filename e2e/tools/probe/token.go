package main

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"
)

var client = http.Client{Timeout: 10 * time.Second}

// ask sends a token to an address and returns the status of the answer.
func ask(url, token string) (int, error) {
	request, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		return 0, err
	}
	request.Header.Set("Authorization", "Bearer "+token)
	answer, err := client.Do(request)
	if err != nil {
		return 0, err
	}
	return answer.StatusCode, answer.Body.Close()
}

// status prints how an address answers the token of the environment.
func status(url string) error {
	code, err := ask(url, os.Getenv("TOKEN"))
	if err == nil {
		fmt.Println(code)
	}
	return err
}

// follow is a client that reads the mounted Secret of a Token before each call. It ends at the first call that is not
// answered well, and says so whenever the token has changed.
func follow(folder string) error {
	var last string
	for calls, tokens := 0, 0; ; calls++ {
		token, err := os.ReadFile(filepath.Join(folder, "token"))
		if err != nil {
			return err
		}
		uri, err := os.ReadFile(filepath.Join(folder, "uri"))
		if err != nil {
			return err
		}
		if string(token) != last {
			last = string(token)
			fmt.Printf("token %d after %d calls\n", tokens, calls)
			tokens++
		}
		url := strings.TrimSpace(string(uri)) + "/v1/config?warehouse=" + os.Getenv("WAREHOUSE")
		code, err := ask(url, strings.TrimSpace(last))
		if err != nil {
			return fmt.Errorf("call %d with token %d: %w", calls, tokens-1, err)
		}
		if code != http.StatusOK {
			return fmt.Errorf("call %d with token %d was answered %d", calls, tokens-1, code)
		}
		time.Sleep(50 * time.Millisecond)
	}
}
