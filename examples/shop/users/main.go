// The users of the shop: accounts in PostgreSQL, sessions in Redis.
//
//	POST /users     {"name", "password"}   makes an account
//	POST /sessions  {"name", "password"}   answers {"token"}, valid for a day
//	GET  /session   Authorization: Bearer  answers {"user"}
//	GET  /health    what it depends on, by name; 503 when something is away
//	GET  /alive     whether the program answers
//
// DATABASE_URL_FILE and REDIS_URL_FILE name files with the addresses, passwords included. While one of them refuses the password, this
// program is not alive, so the one that it is to replace goes on.
package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"log"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/redis/go-redis/v9"
	"golang.org/x/crypto/bcrypt"
)

const (
	address       = ":3002"
	sessionLength = 24 * time.Hour
	checkLimit    = 2 * time.Second
	// bcrypt takes no more, and would silently cut the rest off.
	longestPassword = 72
)

type server struct {
	database *pgxpool.Pool
	sessions *redis.Client
	// Set once PostgreSQL, or Redis, was asked and did not refuse the password. That it is away is no reason to wait: it may be so for long.
	databaseAdmits, sessionsAdmit atomic.Bool
}

func main() {
	if len(os.Args) == 2 && os.Args[1] == "alive" {
		os.Exit(askWhetherAlive())
	}
	if err := run(); err != nil {
		log.Fatalf("users: %v", err)
	}
}

func run() error {
	databaseURL, err := secret("DATABASE_URL_FILE")
	if err != nil {
		return err
	}
	redisURL, err := secret("REDIS_URL_FILE")
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	// Neither connects yet: the services of a stack start in any order.
	database, err := pgxpool.New(ctx, databaseURL)
	if err != nil {
		return errors.New("DATABASE_URL_FILE does not hold an address of PostgreSQL")
	}
	options, err := redis.ParseURL(redisURL)
	if err != nil {
		return errors.New("REDIS_URL_FILE does not hold an address of Redis")
	}
	s := &server{database: database, sessions: redis.NewClient(options)}
	go s.makeTable(ctx)
	go s.askForSessions(ctx)

	server := &http.Server{Addr: address, Handler: s.routes(), ReadHeaderTimeout: 10 * time.Second}
	go func() {
		<-ctx.Done()
		limited, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		_ = server.Shutdown(limited)
	}()
	log.Printf("users: listening on %s", address)
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

func (s *server) routes() http.Handler {
	routes := http.NewServeMux()
	routes.HandleFunc("POST /users", s.addUser)
	routes.HandleFunc("POST /sessions", s.addSession)
	routes.HandleFunc("GET /session", s.session)
	routes.HandleFunc("GET /health", s.health)
	routes.HandleFunc("GET /alive", func(w http.ResponseWriter, _ *http.Request) {
		if s.databaseAdmits.Load() && s.sessionsAdmit.Load() {
			answer(w, http.StatusOK, map[string]string{"status": "alive"})
			return
		}
		answer(w, http.StatusServiceUnavailable, map[string]string{"status": "waiting to be let in by PostgreSQL and Redis"})
	})
	return routes
}

// makeTable tries until PostgreSQL takes it, and says what it waits for.
func (s *server) makeTable(ctx context.Context) {
	const table = `CREATE TABLE IF NOT EXISTS users (
		id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name TEXT NOT NULL UNIQUE, password TEXT NOT NULL)`
	for ctx.Err() == nil {
		_, err := s.database.Exec(ctx, table)
		var failure *pgconn.PgError
		// Two tasks that make the table at the same time: one of them fails in the catalogue, and the table is there.
		if !isRefusal(err) {
			s.databaseAdmits.Store(true)
		}
		if err == nil || (errors.As(err, &failure) && failure.Code == "23505") {
			log.Print("users: the table is there")
			return
		}
		log.Printf("users: waiting for PostgreSQL: %v", err)
		time.Sleep(2 * time.Second)
	}
}

// askForSessions tries until Redis does not refuse the password.
func (s *server) askForSessions(ctx context.Context) {
	for ctx.Err() == nil {
		err := s.sessions.Ping(ctx).Err()
		if !isRefusal(err) {
			s.sessionsAdmit.Store(true)
			return
		}
		log.Printf("users: waiting for Redis: %v", err)
		time.Sleep(2 * time.Second)
	}
}

// isRefusal tells a refused login from a server that is away.
func isRefusal(err error) bool {
	var failure *pgconn.PgError
	if errors.As(err, &failure) {
		return failure.Code == "28P01" || failure.Code == "28000"
	}
	return err != nil && strings.HasPrefix(err.Error(), "WRONGPASS")
}

type credentials struct {
	Name     string `json:"name"`
	Password string `json:"password"`
}

func readCredentials(w http.ResponseWriter, r *http.Request) (credentials, bool) {
	var given credentials
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 4096)).Decode(&given); err != nil {
		refuse(w, http.StatusBadRequest, "the body must be JSON with name and password")
		return given, false
	}
	if mistake := given.mistake(); mistake != "" {
		refuse(w, http.StatusBadRequest, mistake)
		return given, false
	}
	return given, true
}

func (c credentials) mistake() string {
	switch {
	case c.Name == "" || len(c.Name) > 64:
		return "name: must be 1 to 64 bytes long"
	case len(c.Password) < 8 || len(c.Password) > longestPassword:
		return "password: must be 8 to 72 bytes long"
	}
	return ""
}

func (s *server) addUser(w http.ResponseWriter, r *http.Request) {
	given, ok := readCredentials(w, r)
	if !ok {
		return
	}
	hash, err := bcrypt.GenerateFromPassword([]byte(given.Password), bcrypt.DefaultCost)
	if err != nil {
		fail(w, err)
		return
	}
	_, err = s.database.Exec(r.Context(), "INSERT INTO users (name, password) VALUES ($1, $2)", given.Name, string(hash))
	var failure *pgconn.PgError
	if errors.As(err, &failure) && failure.Code == "23505" {
		refuse(w, http.StatusConflict, "name: somebody has it already")
		return
	}
	if err != nil {
		fail(w, err)
		return
	}
	answer(w, http.StatusCreated, map[string]string{"user": given.Name})
}

func (s *server) addSession(w http.ResponseWriter, r *http.Request) {
	given, ok := readCredentials(w, r)
	if !ok {
		return
	}
	var hash string
	err := s.database.QueryRow(r.Context(), "SELECT password FROM users WHERE name = $1", given.Name).Scan(&hash)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		fail(w, err)
		return
	}
	// No password belongs to the empty hash of a user that is not there.
	if bcrypt.CompareHashAndPassword([]byte(hash), []byte(given.Password)) != nil {
		refuse(w, http.StatusUnauthorized, "there is no such user with this password")
		return
	}
	random := make([]byte, 32)
	if _, err := rand.Read(random); err != nil {
		fail(w, err)
		return
	}
	token := base64.RawURLEncoding.EncodeToString(random)
	if err := s.sessions.Set(r.Context(), sessionKey(token), given.Name, sessionLength).Err(); err != nil {
		fail(w, err)
		return
	}
	answer(w, http.StatusCreated, map[string]string{"token": token})
}

func (s *server) session(w http.ResponseWriter, r *http.Request) {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok {
		refuse(w, http.StatusUnauthorized, "sign in first: the header Authorization: Bearer is missing")
		return
	}
	user, err := s.sessions.Get(r.Context(), sessionKey(token)).Result()
	if errors.Is(err, redis.Nil) {
		refuse(w, http.StatusUnauthorized, "the session is over: sign in again")
		return
	}
	if err != nil {
		fail(w, err)
		return
	}
	answer(w, http.StatusOK, map[string]string{"user": user})
}

func (s *server) health(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), checkLimit)
	defer cancel()
	status, report := judged(asked(ctx, map[string]func(context.Context) error{
		"postgres": s.askForTable,
		"redis":    func(ctx context.Context) error { return s.sessions.Ping(ctx).Err() },
	}))
	answer(w, status, report)
}

// askForTable tells a database that takes accounts from one that only answers: the table is made a moment after the database came up.
func (s *server) askForTable(ctx context.Context) error {
	_, err := s.database.Exec(ctx, "SELECT 1 FROM users LIMIT 1")
	return err
}

// asked asks everything at the same time: one that does not answer must not use up the time of the others.
func asked(ctx context.Context, questions map[string]func(context.Context) error) map[string]error {
	type result struct {
		name string
		err  error
	}
	results := make(chan result, len(questions))
	for name, ask := range questions {
		go func() { results <- result{name, ask(ctx)} }()
	}
	answers := map[string]error{}
	for range questions {
		answered := <-results
		answers[answered.name] = answered.err
	}
	return answers
}

type healthReport struct {
	Status string            `json:"status"`
	Checks map[string]string `json:"checks"`
}

func judged(results map[string]error) (int, healthReport) {
	status, report := http.StatusOK, healthReport{Status: "healthy", Checks: map[string]string{}}
	for name, err := range results {
		report.Checks[name] = "ok"
		if err != nil {
			log.Printf("users: %s: %v", name, err)
			report.Checks[name] = "failed"
			report.Status = "unhealthy"
			status = http.StatusServiceUnavailable
		}
	}
	return status, report
}

func sessionKey(token string) string { return "session:" + token }

func secret(variable string) (string, error) {
	file := os.Getenv(variable)
	content, err := os.ReadFile(file)
	if err != nil {
		return "", errors.New(variable + " must name a file that can be read")
	}
	return strings.TrimSpace(string(content)), nil
}

func refuse(w http.ResponseWriter, status int, message string) {
	answer(w, status, map[string]string{"error": message})
}

func fail(w http.ResponseWriter, err error) {
	log.Printf("users: %v", err)
	refuse(w, http.StatusServiceUnavailable, "users cannot answer at the moment")
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

func askWhetherAlive() int {
	client := http.Client{Timeout: 5 * time.Second}
	response, err := client.Get("http://127.0.0.1" + address + "/alive")
	if err != nil || response.StatusCode != http.StatusOK {
		return 1
	}
	return 0
}
