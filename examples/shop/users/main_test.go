package main

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

func TestHealthNamesWhatIsAway(t *testing.T) {
	status, report := judged(map[string]error{"postgres": nil, "redis": errors.New("connection refused")})
	if status != http.StatusServiceUnavailable || report.Status != "unhealthy" {
		t.Errorf("got %d, %s", status, report.Status)
	}
	if report.Checks["redis"] != "failed" || report.Checks["postgres"] != "ok" {
		t.Errorf("got %v", report.Checks)
	}
	if status, _ := judged(map[string]error{"postgres": nil}); status != http.StatusOK {
		t.Errorf("all is well, got %d", status)
	}
}

func TestOneThatDoesNotAnswerLeavesTheOthersTheirTime(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	answers := asked(ctx, map[string]func(context.Context) error{
		"postgres": func(ctx context.Context) error {
			<-ctx.Done()
			return ctx.Err()
		},
		"redis": func(ctx context.Context) error { return ctx.Err() },
	})
	if answers["postgres"] == nil || answers["redis"] != nil {
		t.Errorf("got %v", answers)
	}
}

func TestRefusesWhatCannotBeAnAccount(t *testing.T) {
	for body, word := range map[string]string{
		"not json":                             "JSON",
		`{"name":"","password":"long enough"}`: "name",
		`{"name":"ada","password":"short"}`:    "password",
		`{"name":"ada","password":"` + strings.Repeat("x", 73) + `"}`:         "password",
		`{"name":"` + strings.Repeat("x", 65) + `","password":"long enough"}`: "name",
	} {
		answered := httptest.NewRecorder()
		(&server{}).routes().ServeHTTP(answered, httptest.NewRequest("POST", "/users", strings.NewReader(body)))
		if answered.Code != http.StatusBadRequest || !strings.Contains(answered.Body.String(), word) {
			t.Errorf("%.40s: got %d %s", body, answered.Code, answered.Body)
		}
	}
}

func TestIsAliveOnceItsPasswordIsNotRefused(t *testing.T) {
	refused, away := &pgconn.PgError{Code: "28P01"}, errors.New("connection refused")
	wrong := errors.New("WRONGPASS invalid username-password pair or user is disabled.")
	if !isRefusal(refused) || !isRefusal(wrong) || isRefusal(away) || isRefusal(nil) {
		t.Error("a refusal is what PostgreSQL and Redis answer to a wrong password")
	}
	s := &server{}
	for _, want := range []int{http.StatusServiceUnavailable, http.StatusServiceUnavailable, http.StatusOK} {
		answered := httptest.NewRecorder()
		s.routes().ServeHTTP(answered, httptest.NewRequest("GET", "/alive", nil))
		if answered.Code != want {
			t.Errorf("got %d, want %d", answered.Code, want)
		}
		s.databaseAdmits.Store(s.sessionsAdmit.Load())
		s.sessionsAdmit.Store(true)
	}
}

func TestADatabaseThatIsAwayIsNoWrongPassword(t *testing.T) {
	// Nobody listens on port 1.
	database, err := pgxpool.New(context.Background(), "postgresql://nobody:nothing@127.0.0.1:1/shop")
	if err != nil {
		t.Fatal(err)
	}
	defer database.Close()
	for _, page := range []string{"/sessions", "/users"} {
		answered := httptest.NewRecorder()
		body := strings.NewReader(`{"name":"ada","password":"long enough"}`)
		(&server{database: database}).routes().ServeHTTP(answered, httptest.NewRequest("POST", page, body))
		if answered.Code != http.StatusServiceUnavailable {
			t.Errorf("%s: got %d %s", page, answered.Code, answered.Body)
		}
	}
}

func TestSessionNeedsAToken(t *testing.T) {
	answered := httptest.NewRecorder()
	(&server{}).routes().ServeHTTP(answered, httptest.NewRequest("GET", "/session", nil))
	if answered.Code != http.StatusUnauthorized {
		t.Errorf("got %d", answered.Code)
	}
}
