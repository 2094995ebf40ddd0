// What Go programs ask of their library and runtime: goroutines, timers, compression, files, recovered panics.
package main

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"sync"
	"text/tabwriter"
	"time"
)

type point struct {
	X, Y int
	Name string `json:"name,omitempty"`
}

func recovered() (message string) {
	defer func() { message = fmt.Sprint(recover()) }()
	var missing *point
	return fmt.Sprint(missing.X)
}

func goroutines() {
	numbers, squares := make(chan int), make(chan int)
	var group sync.WaitGroup
	for range 8 {
		group.Add(1)
		go func() {
			defer group.Done()
			for number := range numbers {
				squares <- number * number
			}
		}()
	}
	go func() {
		for number := range 1000 {
			numbers <- number
		}
		close(numbers)
		group.Wait()
		close(squares)
	}()
	sum := 0
	for square := range squares {
		sum += square
	}
	fmt.Println("sum of squares", sum)
}

func timers() {
	start := time.Now()
	ticker := time.NewTicker(2 * time.Millisecond)
	defer ticker.Stop()
	<-ticker.C
	select {
	case <-time.After(time.Minute):
		fmt.Println("the wrong timer")
	case <-time.After(3 * time.Millisecond):
		fmt.Println("waited", time.Since(start) >= 5*time.Millisecond)
	}
	fmt.Println(time.Unix(951782400, 0).UTC().Format(time.RFC1123), time.Now().Year() > 2023)
}

func files() error {
	for _, name := range []string{"b/two.txt", "a.txt", "b/c/three.txt"} {
		path := filepath.Join("/work/tree", name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, []byte(strings.Repeat(name+"\n", 3)), 0o644); err != nil {
			return err
		}
	}
	err := filepath.WalkDir("/work/tree", func(path string, entry fs.DirEntry, err error) error {
		fmt.Print(path, " ", entry.IsDir(), "; ")
		return err
	})
	if err != nil {
		return err
	}
	file, err := os.OpenFile("/work/tree/a.txt", os.O_RDWR|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	fmt.Fprint(file, "appended")
	file.Seek(-8, io.SeekEnd)
	rest, _ := io.ReadAll(file)
	file.Close()
	_, err = os.Stat("/work/missing")
	fmt.Println(string(rest), errors.Is(err, fs.ErrNotExist), err)
	return os.RemoveAll("/work/tree")
}

func main() {
	fmt.Println(os.Args[1:], os.Getenv("GREETING"), recovered())
	goroutines()
	timers()
	if err := files(); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	var packed bytes.Buffer
	writer := gzip.NewWriter(&packed)
	writer.Write(bytes.Repeat([]byte("wasm"), 10000))
	writer.Close()
	reader, _ := gzip.NewReader(&packed)
	unpacked, _ := io.ReadAll(reader)
	fmt.Printf("%d bytes, %x\n", len(unpacked), sha256.Sum256(unpacked))
	text, _ := json.Marshal(map[string]any{"point": point{1, -2, ""}, "list": []float64{0.5, 1e21}})
	var back map[string]any
	fmt.Println(string(text), json.Unmarshal([]byte(`{"a": [1, null`), &back))
	table := tabwriter.NewWriter(os.Stdout, 0, 8, 1, '.', tabwriter.AlignRight)
	words := strings.Fields("pear apple fig date")
	sort.Slice(words, func(i, j int) bool { return len(words[i]) < len(words[j]) || len(words[i]) == len(words[j]) && words[i] < words[j] })
	for _, word := range words {
		fmt.Fprintf(table, "%s\t%d\t%q\t\n", word, len(word), word[:1])
	}
	table.Flush()
	fmt.Fprintln(os.Stderr, "done")
	os.Exit(3)
}
